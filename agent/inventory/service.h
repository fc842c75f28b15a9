// What systemd starts by itself: services, timers and sockets that are enabled.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "agent/inventory/inventory.h"

namespace steward::agent {

struct UnitFile {
  std::string program;   // of ExecStart, without its arguments, which may hold secrets
  std::string account;   // empty: root
  std::string schedule;  // of a timer: its On...= settings, "OnCalendar=daily, OnBootSec=5min"
};
UnitFile ParseUnitFile(std::string_view text);

std::unique_ptr<InventorySource> MakeServiceInventory(Platform& platform);

}  // namespace steward::agent
