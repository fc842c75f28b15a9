#include "collector/delivery/message_text.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>

#include "absl/strings/ascii.h"
#include "base/human_text.h"
#include "base/text.h"
#include "collector/console/html.h"
#include "collector/delivery/bundle_text.h"
#include "collector/delivery/issue_words.h"
#include "collector/issues/escalation.h"
#include "collector/issues/own_words.h"
#include "collector/issues/parents.h"

namespace steward::collector {
namespace {

std::string ValueText(double value, const std::string& unit) {
  if (unit == "bytes" || unit == "B") return ByteSize(value);
  if (unit == "s") return RoughDuration(absl::Seconds(value));
  constexpr int kDigits = 4;
  char text[32];
  const auto end = std::to_chars(text, text + sizeof text, value, std::chars_format::general, kDigits).ptr;
  return StrCat(std::string_view(text, static_cast<std::size_t>(end - text)), unit.empty() ? "" : " ", unit);
}

std::string TrendText(const v1::Evidence& evidence) {
  constexpr double kSame = 0.005;  // of the larger one
  const double first = evidence.first().value();
  const double latest = evidence.latest().value();
  const double larger = std::max(std::abs(first), std::abs(latest));
  if (std::abs(latest - first) <= kSame * larger) return "unchanged";
  return latest > first ? "rising" : "falling";
}

// Value, threshold, trend; then what else the rule knows.
std::string EvidenceText(const v1::Evidence& evidence, absl::TimeZone zone) {
  if (!evidence.has_latest()) return "";
  const std::string& unit = evidence.unit();
  std::string text = StrCat("now ", ValueText(evidence.latest().value(), unit), ", limit ", ValueText(evidence.threshold(), unit));
  if (evidence.has_first() && evidence.first().time().seconds() != evidence.latest().time().seconds()) {
    StrAppend(&text, "; ", ValueText(evidence.first().value(), unit), " at ", MessageTime(evidence.first().time(), zone), ", ", TrendText(evidence));
  }
  if (evidence.has_worst() && evidence.worst().value() != evidence.latest().value()) {
    StrAppend(&text, "; worst ", ValueText(evidence.worst().value(), unit), " at ", MessageTime(evidence.worst().time(), zone));
  }
  for (const auto& [name, value] : std::map<std::string, std::string>(evidence.details().begin(), evidence.details().end())) {
    if (name != kOnDutyDetail && name != kRelatedDetail && name != kEscalatedDetail && name != kOwnWordsDetail) StrAppend(&text, "; ", name, " ", value);  // they have lines of their own
  }
  return text;
}

std::string Sentence(const std::string& text) { return text.empty() || text.back() == '.' ? text : StrCat(text, "."); }

MessageText TextOfTest() {
  MessageText text;
  text.topic = "Test message from Steward";
  text.lead = "This is a test message from Steward. Nothing is wrong, nothing has to be done.";
  return text;
}

void AddIfAny(std::string label, std::string line, MessageText& text) {
  if (!line.empty()) text.lines.push_back({std::move(label), std::move(line)});
}

std::string NothingToDo(const v1::Issue& issue) {
  if (issue.drill()) return "Nothing: the drill is over.";
  if (issue.state() != "closed") return "Nothing has to be done: the data shows that it is over.";
  return issue.has_resolved_time() ? "Nothing: somebody has closed it, the history says why." : "Nothing: it is no longer watched.";
}

std::string OwnWords(const v1::Issue& issue) {
  const auto words = issue.evidence().details().find(kOwnWordsDetail);
  return words == issue.evidence().details().end() ? "" : words->second;
}

void DescribeOver(const Notification& notification, absl::TimeZone zone, MessageText& text) {
  const v1::Issue& issue = notification.issue;
  text.lead = StrCat("RESOLVED, ", PlaceOf(issue), ": ", Sentence(issue.title().empty() ? issue.type() : issue.title()));
  std::string when = StrCat(issue.severity(), " from ", MessageTime(issue.raised_time(), zone));
  if (issue.has_resolved_time()) {
    const std::int64_t lasted = issue.resolved_time().seconds() - issue.raised_time().seconds();
    StrAppend(&when, " to ", MessageTime(issue.resolved_time(), zone), " (", RoughDuration(absl::Seconds(lasted)), ")");
  }
  AddIfAny("It was", std::move(when), text);
  AddIfAny("What was wrong", issue.summary(), text);
  AddIfAny("Evidence", EvidenceText(issue.evidence(), zone), text);
  AddIfAny("The machine said", OwnWords(issue), text);
  AddIfAny("Next", NothingToDo(issue), text);
  text.over = true;
}

void DescribeOpen(const Notification& notification, absl::TimeZone zone, MessageText& text) {
  const v1::Issue& issue = notification.issue;
  text.lead = StrCat(notification.event == "updated" ? "NOW " : "", absl::AsciiStrToUpper(issue.severity()), ", ", PlaceOf(issue), ": ",
                     Sentence(issue.summary().empty() ? issue.title() : issue.summary()));
  std::string since = MessageTime(issue.raised_time(), zone);
  if (issue.reopened() > 0) StrAppend(&since, "; it came back, ", issue.reopened(), issue.reopened() == 1 ? " time" : " times", " so far");
  if (issue.flapping()) StrAppend(&since, "; it comes and goes: from now on it stays open until it has been quiet for 2 h or more");
  if (issue.stale()) StrAppend(&since, "; the machine is silent, this is the last that is known");
  AddIfAny("Since", std::move(since), text);
  AddIfAny("Evidence", EvidenceText(issue.evidence(), zone), text);
  AddIfAny("The machine says", OwnWords(issue), text);
  AddIfAny("If nothing is done", issue.meaning(), text);
  AddIfAny("Next", issue.next_step(), text);
  AddIfAny("Whose move", MoveText(issue, zone), text);
  const auto escalated = issue.evidence().details().find(kEscalatedDetail);
  if (escalated != issue.evidence().details().end()) AddIfAny("Why this comes again", Sentence(escalated->second), text);
  const auto on_duty = issue.evidence().details().find(kOnDutyDetail);
  if (on_duty != issue.evidence().details().end()) AddIfAny("On duty", on_duty->second, text);
  AddIfAny("How to", issue.runbook(), text);
  AddIfAny("Connect", issue.remote_link(), text);
  if (const auto related = issue.evidence().details().find(kRelatedDetail); related != issue.evidence().details().end()) {
    AddIfAny("Explains", related->second, text);
  }
  if (!issue.parent_id().empty()) AddIfAny("Part of", StrCat("issue ", issue.parent_id()), text);
}

}  // namespace

MessageText TextOf(const Notification& notification, const TextSettings& settings) {
  if (notification.event == "test") return TextOfTest();
  if (notification.event == "bundle") return TextOfBundle(notification, settings);
  const v1::Issue& issue = notification.issue;
  MessageText text;
  text.severity = ParseSeverity(issue.severity());
  text.quiet = notification.quiet;
  text.topic = StrCat(PlaceOf(issue), ": ", issue.title().empty() ? issue.type() : issue.title(),
                      issue.subject().empty() ? "" : ", ", issue.subject(), " [", issue.id().substr(0, 8), "]");
  if (notification.event == "resolved") DescribeOver(notification, settings.zone, text);
  else DescribeOpen(notification, settings.zone, text);
  text.lines.push_back({"Issue", StrCat(issue.id(), " (", issue.type(), ")")});
  text.link = IssueLink(settings, issue.id(), notification.time);
  return text;
}

std::string PlainText(const MessageText& text) {
  std::string out = StrCat(text.lead, "\n");
  if (!text.lines.empty()) out += "\n";
  for (const MessageLine& line : text.lines) StrAppend(&out, line.label, line.label.empty() ? "" : ": ", line.text, "\n");
  if (!text.link.empty()) StrAppend(&out, "\n", text.link, "\n");
  std::replace_if(out.begin(), out.end(), [](char c) { return c != '\n' && absl::ascii_iscntrl(static_cast<unsigned char>(c)); }, ' ');
  return out;
}

std::string HtmlText(const MessageText& text) {
  std::string out = StrCat("<!DOCTYPE html>\n<html><head><meta charset=\"utf-8\"><title>", Html(text.topic), "</title></head>\n",
                           "<body style=\"font-family:sans-serif\">\n<p style=\"border-left:6px solid ", SeverityColour(text.severity, text.over),
                           ";padding-left:10px\"><b>", Html(text.lead), "</b></p>\n<table>\n");
  for (const MessageLine& line : text.lines) {
    StrAppend(&out, "<tr><td style=\"vertical-align:top;padding-right:12px;color:#555\">", Html(line.label), "</td><td>", Html(line.text), "</td></tr>\n");
  }
  out += "</table>\n";
  if (!text.link.empty()) StrAppend(&out, "<p><a href=\"", Html(text.link), "\">Open the issue</a></p>\n");
  out += "</body></html>\n";
  return out;
}

std::string CutText(std::string_view text, std::size_t bytes) {
  constexpr std::string_view kMissing = "...";
  if (text.size() <= bytes) return std::string(text);
  std::size_t end = bytes > kMissing.size() ? bytes - kMissing.size() : 0;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80) --end;  // inside a character
  return StrCat(text.substr(0, end), kMissing);
}

}  // namespace steward::collector
