// A channel that posts one JSON document a message. Chat services differ in the document and in what their refusals mean.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "boost/json.hpp"
#include "collector/config/config.h"
#include "collector/delivery/channel.h"
#include "collector/delivery/channel_tools.h"

namespace steward::collector {

struct HookKind {
  boost::json::object (*body)(const MessageText& text, const ChannelConfig& config);
  // What to do about a refusal of this service; empty: what is said of any HTTP receiver.
  std::string (*remedy)(const HttpAnswer& answer);
  enum class Secret { kAddress, kBearerToken } secret = Secret::kAddress;  // what the secret is
};

// Errors: the secret's file or variable, with what to do; InvalidArgument: it should be an address and is none.
absl::StatusOr<std::unique_ptr<Channel>> MakeHookChannel(const ChannelConfig& config, const ChannelTools& tools, const HookKind& kind);

// One file each.
absl::StatusOr<std::unique_ptr<Channel>> MakeSlack(const ChannelConfig& config, const ChannelTools& tools);
absl::StatusOr<std::unique_ptr<Channel>> MakeMattermost(const ChannelConfig& config, const ChannelTools& tools);
absl::StatusOr<std::unique_ptr<Channel>> MakeTeams(const ChannelConfig& config, const ChannelTools& tools);
absl::StatusOr<std::unique_ptr<Channel>> MakeNtfy(const ChannelConfig& config, const ChannelTools& tools);

}  // namespace steward::collector
