// The alertmanager channel: issues as alerts by Alertmanager's API v2.
#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "boost/json.hpp"
#include "collector/config/config.h"
#include "collector/delivery/channel.h"
#include "collector/delivery/channel_tools.h"

namespace steward::collector {

// Alertmanager forgets an alert at its end and all of them when it starts anew. So an alert's end lies kAlertHolds ahead,
// and every alert that is open is posted again each kAlertRepeats: Alertmanager has all of them soon after its own start,
// and a collector that is down for a while calls nothing resolved.
inline constexpr absl::Duration kAlertRepeats = absl::Minutes(1);
inline constexpr absl::Duration kAlertHolds = absl::Hours(4);

// Errors: the secret's file or variable, with what to do. A secret is sent as a bearer token.
absl::StatusOr<std::unique_ptr<Channel>> MakeAlertmanager(const ChannelConfig& config, const ChannelTools& tools);

// What Alertmanager tells alerts apart by. Another severity is another alert.
boost::json::object AlertLabels(const v1::Issue& issue);
// One alert as the API takes it. `ends` before its begin counts as its begin.
boost::json::object AlertOf(const v1::Issue& issue, absl::Time ends, const TextSettings& settings);

}  // namespace steward::collector
