// ntfy: push messages to phones, by its JSON publishing.
#include "collector/delivery/hook_channel.h"

namespace steward::collector {
namespace {

constexpr std::size_t kMessageBytes = 3'900;  // longer ones become attachments
constexpr std::size_t kTitleBytes = 200;

int Priority(const MessageText& text) {
  constexpr int kLow = 2 /* without a sound */, kNormal = 3, kHigh = 4, kUrgent = 5;
  if (text.over || text.quiet) return kLow;
  switch (text.severity) {
    case Severity::kCritical: return kUrgent;
    case Severity::kHigh: return kHigh;
    case Severity::kLow: return kLow;
    case Severity::kMedium:
    case Severity::kNone: break;
  }
  return kNormal;
}

// ntfy shows these as pictures.
const char* Tag(const MessageText& text) {
  if (text.over) return "white_check_mark";
  if (text.severity == Severity::kCritical) return "rotating_light";
  return text.severity == Severity::kNone ? "speech_balloon" : "warning";
}

boost::json::object NtfyBody(const MessageText& text, const ChannelConfig& config) {
  boost::json::object body = {{"topic", config.topic},
                              {"title", CutText(text.topic, kTitleBytes)},
                              {"message", CutText(PlainText(text), kMessageBytes)},
                              {"priority", Priority(text)},
                              {"tags", boost::json::array{Tag(text)}}};
  if (!text.link.empty()) body["click"] = text.link;
  return body;
}

std::string NtfyRemedy(const HttpAnswer& answer) {
  if (answer.status == 401) return "ntfy does not know the token: put an access token (tk_...) of a user into secret_file.";
  if (answer.status == 403) return "The token's user may not write to this topic: `ntfy access USER TOPIC write` on the server, or another topic.";
  if (answer.status == 404) return "Write url without the topic, as https://ntfy.example, and the topic as topic.";
  if (answer.status == 507) return "The ntfy server has no room for more topics or messages.";
  return "";
}

}  // namespace

absl::StatusOr<std::unique_ptr<Channel>> MakeNtfy(const ChannelConfig& config, const ChannelTools& tools) {
  return MakeHookChannel(config, tools, {&NtfyBody, &NtfyRemedy, HookKind::Secret::kBearerToken});
}

}  // namespace steward::collector
