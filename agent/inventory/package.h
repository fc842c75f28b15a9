// Installed software by the databases of Debian, Red Hat and Alpine, and what comes in bundles: name and version.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "absl/time/time.h"
#include "agent/inventory/inventory.h"

namespace steward::agent {

// For rpm's answer: its database takes some seconds on a slow disk.
inline constexpr absl::Duration kRpmDeadline = absl::Seconds(30);

// dpkg's status file; what is not installed is left out. A package of a second architecture is "name:arch".
void ParseDpkgStatus(std::string_view text, std::vector<Fact>& facts);
// apk's database (/lib/apk/db/installed).
void ParseApkDatabase(std::string_view text, std::vector<Fact>& facts);
// rpm's list by Tool::kRpmPackages; several versions of one name are one fact, "1.0, 1.1".
void ParseRpmList(std::string_view text, std::vector<Fact>& facts);

std::unique_ptr<InventorySource> MakePackageInventory(Platform& platform);

}  // namespace steward::agent
