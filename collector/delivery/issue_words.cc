#include "collector/delivery/issue_words.h"

#include "base/text.h"
#include "collector/delivery/issue_link.h"
#include "collector/delivery/message_text.h"

namespace steward::collector {

std::string PlaceOf(const v1::Issue& issue) {
  if (issue.host_name().empty()) return issue.site().empty() ? issue.machine_id() : issue.site();
  return issue.site().empty() ? issue.host_name() : StrCat(issue.host_name(), " (", issue.site(), ")");
}

std::string MessageTime(const google::protobuf::Timestamp& time, absl::TimeZone zone) {
  return absl::FormatTime("%a %Y-%m-%d %H:%M %Z", absl::FromUnixSeconds(time.seconds()), zone);
}

std::string PartyName(std::string_view party) {
  if (party == "it-manager") return "IT manager";
  if (party == "partner") return "Partner";
  return std::string(party);
}

std::string MoveText(const v1::Issue& issue, absl::TimeZone zone) {
  if (!issue.has_deadline()) return PartyName(issue.party());
  return StrCat(PartyName(issue.party()), ", by ", MessageTime(issue.deadline(), zone));
}

std::string IssueLink(const TextSettings& settings, const std::string& issue_id, absl::Time told) {
  if (settings.public_url.empty()) return "";
  if (settings.link_key.empty()) return StrCat(settings.public_url, "/issues/", issue_id);
  return StrCat(settings.public_url, SignedIssuePath(settings.link_key, issue_id, told));
}

std::string_view SeverityColour(Severity severity, bool over) {
  if (over) return "#2e7d32";
  switch (severity) {
    case Severity::kCritical: return "#b00020";
    case Severity::kHigh: return "#e65100";
    case Severity::kMedium: return "#f9a825";
    case Severity::kLow: return "#1565c0";
    case Severity::kNone: break;
  }
  return "#607d8b";
}

}  // namespace steward::collector
