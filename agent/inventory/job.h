// What cron starts, by the tables of the system; those of users are root's to read. Timers are in the group service.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "agent/inventory/inventory.h"

namespace steward::agent {

// The jobs of /etc/crontab or a file of /etc/cron.d: key "<file>/<which>", value "17 * * * * root /usr/sbin/tool". Of a
// command only the program is told, and that only if it is named by its path: the rest may hold secrets.
void ParseCrontab(std::string_view file, std::string_view text, std::vector<Fact>& facts);

std::unique_ptr<InventorySource> MakeJobInventory(Platform& platform);

}  // namespace steward::agent
