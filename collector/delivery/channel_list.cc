#include "collector/delivery/channel_list.h"

#include <algorithm>

#include "absl/strings/str_join.h"
#include "base/text.h"
#include "collector/delivery/alertmanager.h"
#include "collector/delivery/email.h"
#include "collector/delivery/hook_channel.h"
#include "collector/delivery/webhook.h"

namespace steward::collector {
namespace {

struct ChannelType {
  const char* name;
  absl::StatusOr<std::unique_ptr<Channel>> (*make)(const ChannelConfig& config, const ChannelTools& tools);
};

// One line a type.
constexpr ChannelType kTypes[] = {
    {"webhook", [](const ChannelConfig& config, const ChannelTools& tools) { return MakeWebhook(config, tools.http); }},
    {"email", &MakeEmail},
    {"alertmanager", &MakeAlertmanager},
    {"slack", &MakeSlack},
    {"mattermost", &MakeMattermost},
    {"teams", &MakeTeams},
    {"ntfy", &MakeNtfy},
};

}  // namespace

std::vector<std::string> ChannelTypes() {
  std::vector<std::string> names;
  for (const ChannelType& type : kTypes) names.emplace_back(type.name);
  return names;
}

absl::StatusOr<std::vector<std::unique_ptr<Channel>>> MakeChannels(absl::Span<const ChannelConfig> configs, const ChannelTools& tools) {
  std::vector<std::unique_ptr<Channel>> channels;
  for (const ChannelConfig& config : configs) {
    const auto type = std::find_if(std::begin(kTypes), std::end(kTypes), [&](const ChannelType& t) { return config.type == t.name; });
    if (type == std::end(kTypes)) {
      return absl::InvalidArgumentError(StrCat("channel \"", config.name, "\": this version has no channels of type \"", config.type,
                                               "\"; it knows ", absl::StrJoin(ChannelTypes(), ", ")));
    }
    absl::StatusOr<std::unique_ptr<Channel>> channel = type->make(config, tools);
    if (!channel.ok()) return channel.status();
    channels.push_back(*std::move(channel));
  }
  return channels;
}

}  // namespace steward::collector
