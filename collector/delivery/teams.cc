// Microsoft Teams, by the webhook of a workflow (Power Automate) that posts an Adaptive Card.
#include <algorithm>

#include "absl/strings/str_replace.h"
#include "collector/delivery/hook_channel.h"

namespace steward::collector {
namespace {

constexpr std::size_t kCardBytes = 20'000;  // Teams takes 28 KB, JSON around the text included
constexpr std::size_t kLineBytes = 2'000;

// A card shows a little markup: what a machine sent cannot become a link.
std::string EscapedForTeams(const std::string& text) { return absl::StrReplaceAll(text, {{"[", "\\["}}); }

const char* Style(const MessageText& text) {
  if (text.over) return "good";
  if (text.severity >= Severity::kHigh) return "attention";
  return text.severity == Severity::kMedium ? "warning" : "accent";
}

boost::json::object TeamsBody(const MessageText& text, const ChannelConfig&) {
  boost::json::array facts;
  std::size_t bytes = 0;
  for (const MessageLine& line : text.lines) {
    if (bytes > kCardBytes) break;
    facts.push_back(boost::json::object{{"title", EscapedForTeams(line.label)}, {"value", EscapedForTeams(CutText(line.text, kLineBytes))}});
    bytes += line.label.size() + std::min(line.text.size(), kLineBytes);
  }
  boost::json::object lead = {{"type", "TextBlock"}, {"text", EscapedForTeams(CutText(text.lead, kLineBytes))}, {"weight", "bolder"}, {"wrap", true}};
  boost::json::array blocks;
  blocks.push_back(boost::json::object{
      {"type", "Container"}, {"style", Style(text)}, {"bleed", true}, {"items", boost::json::array{std::move(lead)}}});
  if (!facts.empty()) blocks.push_back(boost::json::object{{"type", "FactSet"}, {"facts", std::move(facts)}});
  boost::json::object card = {{"$schema", "http://adaptivecards.io/schemas/adaptive-card.json"},
                              {"type", "AdaptiveCard"},
                              {"version", "1.4"},
                              {"fallbackText", text.lead},
                              {"body", std::move(blocks)}};
  card["msteams"] = boost::json::object{{"width", "Full"}};
  if (!text.link.empty()) {
    card["actions"] = boost::json::array{boost::json::object{{"type", "Action.OpenUrl"}, {"title", "Open the issue"}, {"url", text.link}}};
  }
  boost::json::object attachment = {{"contentType", "application/vnd.microsoft.card.adaptive"}, {"contentUrl", nullptr}, {"content", std::move(card)}};
  boost::json::object body;
  body["type"] = "message";
  body["attachments"] = boost::json::array{std::move(attachment)};
  return body;
}

std::string TeamsRemedy(const HttpAnswer& answer) {
  if (answer.status == 401 || answer.status == 403) {
    return "The workflow refuses us: write its whole address, with everything behind the question mark, and let anyone trigger it.";
  }
  if (answer.status == 404 || answer.status == 410) {
    return "There is no such workflow any more: it was deleted or switched off, maybe with its owner's account; make it anew in Teams, Workflows.";
  }
  if (answer.status == 400) return "The workflow does not understand the message: it must begin with \"When a Teams webhook request is received\".";
  return "";
}

}  // namespace

absl::StatusOr<std::unique_ptr<Channel>> MakeTeams(const ChannelConfig& config, const ChannelTools& tools) {
  return MakeHookChannel(config, tools, {&TeamsBody, &TeamsRemedy});
}

}  // namespace steward::collector
