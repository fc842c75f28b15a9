// Mattermost, by an incoming webhook.
#include "absl/strings/match.h"
#include "base/text.h"
#include "collector/delivery/hook_channel.h"
#include "collector/delivery/issue_words.h"

namespace steward::collector {
namespace {

constexpr std::size_t kTextBytes = 7000;  // Mattermost takes 16,383 characters, each byte may become two by escaping

// What a machine sent is no markup and calls nobody: a zero-width space stands behind @.
std::string EscapedForMattermost(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (std::string_view("\\`*_[]<>~#|").find(c) != std::string_view::npos) out += '\\';
    out += c;
    if (c == '@') out += "\u200B";
  }
  return out;
}

boost::json::object MattermostBody(const MessageText& text, const ChannelConfig&) {
  boost::json::object body = {{"username", "Steward"}, {"text", StrCat("**", EscapedForMattermost(text.lead), "**")}};
  boost::json::array fields;
  std::size_t bytes = 0;
  for (const MessageLine& line : text.lines) {
    if (bytes > kTextBytes) break;
    fields.push_back(boost::json::object{{"title", EscapedForMattermost(line.label)}, {"value", EscapedForMattermost(CutText(line.text, kTextBytes))}, {"short", false}});
    bytes += line.text.size();
  }
  if (fields.empty()) return body;
  boost::json::object attachment = {
      {"color", std::string(SeverityColour(text.severity, text.over))}, {"fallback", EscapedForMattermost(text.lead)}, {"fields", std::move(fields)}};
  if (!text.link.empty()) {
    attachment["title"] = "Open the issue";
    attachment["title_link"] = text.link;
  }
  body["attachments"] = boost::json::array{std::move(attachment)};
  return body;
}

std::string MattermostRemedy(const HttpAnswer& answer) {
  if (absl::StrContains(answer.body, "incoming_webhook.disabled")) {
    return "Incoming webhooks are switched off on this Mattermost: System Console, Integrations, Enable Incoming Webhooks.";
  }
  if (answer.status == 400 || answer.status == 404) return "Check the address after /hooks/: the webhook may have been deleted; its channel, too.";
  return "";
}

}  // namespace

absl::StatusOr<std::unique_ptr<Channel>> MakeMattermost(const ChannelConfig& config, const ChannelTools& tools) {
  return MakeHookChannel(config, tools, {&MattermostBody, &MattermostRemedy});
}

}  // namespace steward::collector
