// Firmware that fwupd has a newer version of.
#pragma once

#include <memory>
#include <string_view>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "agent/probe.h"

namespace steward::agent {

inline constexpr absl::Duration kFirmwareInterval = absl::Hours(1);
inline constexpr absl::Duration kFirmwareDeadline = absl::Minutes(1);
inline constexpr int kFirmwareDevicesMax = 100;

// `text` as Tool::kFirmwareUpgrades gives it and not empty. An upgrade is for security if one of the newer versions is urgent
// (high, critical) or names what it mends (CVE-...): before fwupd 2.1 its JSON has no urgency.
// DataLoss if it is no such document.
absl::Status ParseFirmwareUpgrades(std::string_view text, SampleSink& sink);

std::unique_ptr<Probe> MakeFirmwareUpgradesProbe(Platform& platform);

}  // namespace steward::agent
