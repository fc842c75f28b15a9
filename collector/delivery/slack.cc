// Slack, by an incoming webhook.
#include "absl/strings/match.h"
#include "absl/strings/str_replace.h"
#include "base/text.h"
#include "collector/delivery/hook_channel.h"
#include "collector/delivery/issue_words.h"

namespace steward::collector {
namespace {

constexpr std::size_t kTextBytes = 7000;  // Slack folds longer ones

// What a machine sent can neither call people nor become a link.
std::string EscapedForSlack(const std::string& text) { return absl::StrReplaceAll(text, {{"&", "&amp;"}, {"<", "&lt;"}, {">", "&gt;"}}); }

boost::json::object SlackBody(const MessageText& text, const ChannelConfig&) {
  std::string lines;
  for (const MessageLine& line : text.lines) StrAppend(&lines, "*", EscapedForSlack(line.label), ":* ", EscapedForSlack(line.text), "\n");
  lines = CutText(lines, kTextBytes);
  if (!text.link.empty()) StrAppend(&lines, "<", text.link, "|Open the issue>");
  boost::json::object body;
  body["text"] = EscapedForSlack(text.lead);
  if (lines.empty()) return body;
  body["attachments"] = boost::json::array{boost::json::object{{"color", std::string(SeverityColour(text.severity, text.over))},
                                                               {"fallback", EscapedForSlack(text.lead)},
                                                               {"mrkdwn_in", boost::json::array{"text"}},
                                                               {"text", lines}}};
  return body;
}

std::string SlackRemedy(const HttpAnswer& answer) {
  const auto said = [&](const char* word) { return absl::StrContains(answer.body, word); };
  if (said("channel_is_archived")) return "The Slack channel is archived: make a webhook for another one.";
  if (said("channel_not_found")) return "The Slack channel was deleted: make a webhook for another one.";
  if (said("no_service") || said("no_team") || said("invalid_token") || said("no_active_hooks")) {
    return "The webhook was taken back or is mistyped: make a new one in Slack's app settings and write its address.";
  }
  if (said("action_prohibited")) return "An administrator of the Slack workspace has restricted posting there.";
  return "";
}

}  // namespace

absl::StatusOr<std::unique_ptr<Channel>> MakeSlack(const ChannelConfig& config, const ChannelTools& tools) {
  return MakeHookChannel(config, tools, {&SlackBody, &SlackRemedy});
}

}  // namespace steward::collector
