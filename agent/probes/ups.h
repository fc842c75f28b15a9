// UPSes, as Network UPS Tools knows them.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "agent/probe.h"

namespace steward::agent {

inline constexpr absl::Duration kUpsInterval = absl::Minutes(1);
inline constexpr absl::Duration kUpsDeadline = absl::Seconds(10);

// What one UPS says, by variable; empty: its driver does not answer.
using UpsVariables = std::map<std::string, std::string, std::less<>>;
// Of the first variable that there is; else empty.
std::string UpsText(const UpsVariables& variables, std::string_view name, std::string_view other = "");
// By name of the UPS, 32 at most. `text`: lines as agent/platform/linux/tools/nut.h describes them; others are passed over.
std::map<std::string, UpsVariables> ParseUpsVariables(std::string_view text);

// `text` as above. Names are those of the nut_exporter for Prometheus, which
// is asked about one UPS at a time; here the label `ups` tells them apart. What it has no name for is steward_ups_*.
absl::Status ParseUps(std::string_view text, SampleSink& sink);

// A day as drivers write it: "2021/03/15", "2021-03-15", "2021/03", "11/22/20" (month, day, year). nullopt: none of these.
std::optional<absl::Time> ParseBatteryDate(std::string_view text);

std::unique_ptr<Probe> MakeUpsProbe(Platform& platform);

}  // namespace steward::agent
