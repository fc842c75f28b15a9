#include "collector/delivery/bundle_text.h"

#include <algorithm>
#include <map>
#include <set>

#include "absl/strings/ascii.h"
#include "base/text.h"
#include "collector/delivery/issue_words.h"
#include "collector/delivery/stages/grouping.h"
#include "collector/issues/escalation.h"

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

// The same low or medium trouble on many machines: one piece of work, and one line of the worksheet.
struct Campaign {
  std::vector<const Part*> open, over;
};

std::string CampaignKey(const Part& part) {
  const Severity severity = ParseSeverity(part.issue.severity());
  if (part.issue.machine_id().empty() || severity > Severity::kMedium) return "";
  return StrCat(part.issue.type(), "\n", part.issue.site(), "\n", part.issue.party());
}

// Those of enough machines, by key.
std::map<std::string, Campaign> CampaignsIn(const std::vector<Part>& parts) {
  std::map<std::string, Campaign> campaigns;
  std::map<std::string, std::set<std::string>> machines;
  for (const Part& part : parts) {
    const std::string key = CampaignKey(part);
    if (key.empty()) continue;
    Campaign& campaign = campaigns[key];
    (IsOver(part) ? campaign.over : campaign.open).push_back(&part);
    machines[key].insert(part.issue.machine_id());
  }
  std::erase_if(campaigns, [&](const auto& one) { return machines[one.first].size() < Grouping::kMachines || one.second.open.empty(); });
  return campaigns;
}

// "pc-01, pc-02 /data"; each issue is a machine's.
std::string MachineList(const std::vector<const Part*>& parts) {
  std::string text;
  const std::size_t shown = std::min(parts.size(), kPartsShown);
  for (std::size_t i = 0; i < shown; ++i) {
    const v1::Issue& issue = parts[i]->issue;
    StrAppend(&text, i == 0 ? "" : ", ", issue.host_name(), issue.subject().empty() ? "" : " ", issue.subject());
  }
  if (shown < parts.size()) StrAppend(&text, " and ", parts.size() - shown, " more");
  return text;
}

void AddCampaign(const Campaign& campaign, const TextSettings& settings, MessageText& text) {
  const v1::Issue* worst = &campaign.open.front()->issue;  // parts are sorted
  const v1::Issue* soonest = worst;
  for (const Part* part : campaign.open) {
    const v1::Issue& issue = part->issue;
    if (issue.has_deadline() && (!soonest->has_deadline() || issue.deadline().seconds() < soonest->deadline().seconds())) soonest = &issue;
  }
  std::string what = StrCat(worst->title().empty() ? worst->type() : worst->title(), " on ", MachineList(campaign.open), ". ",
                            MoveText(*soonest, settings.zone), ".");
  if (!worst->next_step().empty()) StrAppend(&what, " Next: ", worst->next_step());
  if (!campaign.over.empty()) StrAppend(&what, " Done already: ", MachineList(campaign.over), ".");
  text.lines.push_back({StrCat(absl::AsciiStrToUpper(worst->severity()), ", ", campaign.open.size(), " times at ", worst->site()), std::move(what)});
}

// A line an issue, or a campaign, at the place of its worst one.
void AddLines(const std::vector<Part>& parts, absl::Time told, const TextSettings& settings, MessageText& text) {
  std::map<std::string, Campaign> campaigns = CampaignsIn(parts);
  std::set<std::string> told_of;
  std::size_t left = parts.size();
  for (const Part& part : parts) {
    if (text.lines.size() == kPartsShown) break;
    const auto campaign = campaigns.find(CampaignKey(part));
    if (campaign == campaigns.end()) {
      AddLine(part, told, settings, text);
      --left;
    } else if (told_of.insert(campaign->first).second) {
      AddCampaign(campaign->second, settings, text);
      left -= campaign->second.open.size() + campaign->second.over.size();
    }
  }
  if (left > 0) text.lines.push_back({"", StrCat("and ", left, " more: `stewardctl issues` lists all.")});
}

// One type on several machines of one site: what is the same for all is said once.
void DescribeGroup(const std::vector<Part>& parts, MessageText& text) {
  const v1::Issue& first = parts.front().issue;
  text.topic = StrCat(first.site(), ": ", first.title().empty() ? first.type() : first.title(), " on ", parts.size(), " machines");
  text.lead = StrCat(text.over ? "RESOLVED" : absl::AsciiStrToUpper(first.severity()), ", ", text.topic, ".");
  if (text.over) return;
  if (!first.meaning().empty()) text.lines.push_back({"If nothing is done", first.meaning()});
  if (!first.next_step().empty()) text.lines.push_back({"Next", first.next_step()});
  const auto again = first.evidence().details().find(kEscalatedDetail);
  if (again != first.evidence().details().end()) text.lines.push_back({"Why this comes again", again->second});
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
  if (bundle.reason == "group") {
    for (std::size_t i = 0; i < std::min(parts.size(), kPartsShown); ++i) AddLine(parts[i], bundle.time, settings, text);
    if (parts.size() > kPartsShown) text.lines.push_back({"", StrCat("and ", parts.size() - kPartsShown, " more: `stewardctl issues` lists all.")});
  } else {
    AddLines(parts, bundle.time, settings, text);
  }
  if (!settings.public_url.empty()) text.link = settings.public_url;
  return text;
}

}  // namespace steward::collector
