#include "collector/delivery/bundle_text.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "base/text.h"
#include "collector/delivery/issue_words.h"

namespace steward::collector {
namespace {

using Part = Notification::Part;

constexpr std::size_t kPartsShown = 100;

bool IsOver(const Part& part) { return part.event == "resolved"; }

// The last word of each issue; what is over comes last.
std::vector<Part> LastWords(const std::vector<Part>& parts) {
  std::vector<Part> last;
  for (const Part& part : parts) {
    const auto known = std::find_if(last.begin(), last.end(), [&](const Part& p) { return p.issue.id() == part.issue.id(); });
    if (known == last.end()) last.push_back(part);
    else *known = part;
  }
  std::stable_sort(last.begin(), last.end(), [](const Part& a, const Part& b) {
    if (IsOver(a) != IsOver(b)) return IsOver(b);
    return ParseSeverity(a.issue.severity()) > ParseSeverity(b.issue.severity());
  });
  return last;
}

std::string CountText(const std::vector<Part>& parts) {
  std::string text;
  const auto count = [&](std::string_view word, auto which) {
    const auto n = std::count_if(parts.begin(), parts.end(), which);
    if (n > 0) StrAppend(&text, text.empty() ? "" : ", ", n, " ", word);
  };
  for (const Severity severity : {Severity::kCritical, Severity::kHigh, Severity::kMedium, Severity::kLow}) {
    count(SeverityName(severity), [&](const Part& p) { return !IsOver(p) && p.issue.severity() == SeverityName(severity); });
  }
  count("over", IsOver);
  return text;
}

std::string IssuesWord(std::size_t count) { return count == 1 ? "1 issue" : StrCat(count, " issues"); }

void AddLine(const Part& part, absl::Time told, const TextSettings& settings, MessageText& text) {
  const v1::Issue& issue = part.issue;
  std::string what = issue.summary().empty() ? issue.title() : issue.summary();
  if (IsOver(part)) what = StrCat(issue.title(), issue.subject().empty() ? "" : ", ", issue.subject(), ", is over");
  else StrAppend(&what, " Since ", MessageTime(issue.raised_time(), settings.zone), ". ", MoveText(issue, settings.zone), ".");
  if (const std::string link = IssueLink(settings, issue.id(), told); !link.empty()) StrAppend(&what, " ", link);
  else StrAppend(&what, " [", issue.id(), "]");
  text.lines.push_back({StrCat(IsOver(part) ? "RESOLVED" : absl::AsciiStrToUpper(issue.severity()), ", ", PlaceOf(issue)), std::move(what)});
}

// One type on several machines of one site: what is the same for all is said once.
void DescribeGroup(const std::vector<Part>& parts, MessageText& text) {
  const v1::Issue& first = parts.front().issue;
  text.topic = StrCat(first.site(), ": ", first.title().empty() ? first.type() : first.title(), " on ", parts.size(), " machines");
  text.lead = StrCat(text.over ? "RESOLVED" : absl::AsciiStrToUpper(first.severity()), ", ", text.topic, ".");
  if (text.over) return;
  if (!first.meaning().empty()) text.lines.push_back({"If nothing is done", first.meaning()});
  if (!first.next_step().empty()) text.lines.push_back({"Next", first.next_step()});
}

}  // namespace

MessageText TextOfBundle(const Notification& bundle, const TextSettings& settings) {
  MessageText text;
  const std::vector<Part> parts = LastWords(bundle.parts);
  if (parts.empty()) return text;
  text.over = std::all_of(parts.begin(), parts.end(), IsOver);
  text.severity = ParseSeverity(parts.front().issue.severity());
  if (bundle.reason == "group") {
    DescribeGroup(parts, text);
  } else {
    text.topic = StrCat(IssuesWord(parts.size()), ": ", CountText(parts));
    text.lead = bundle.reason == "rate"
                    ? StrCat(bundle.parts.size(), " messages in one, because they were too many to send each: ", IssuesWord(parts.size()), ", ", CountText(parts), ".")
                    : StrCat("Collected since the last such message: ", IssuesWord(parts.size()), ", ", CountText(parts), ".");
  }
  const std::size_t shown = std::min(parts.size(), kPartsShown);
  for (std::size_t i = 0; i < shown; ++i) AddLine(parts[i], bundle.time, settings, text);
  if (shown < parts.size()) text.lines.push_back({"", StrCat("and ", parts.size() - shown, " more: `stewardctl issues` lists all.")});
  if (!settings.public_url.empty()) text.link = settings.public_url;
  return text;
}

}  // namespace steward::collector
