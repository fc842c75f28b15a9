#include "collector/console/overview.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <string_view>

#include "base/human_text.h"
#include "base/text.h"
#include "collector/console/html.h"
#include "collector/console/overview_style.h"
#include "google/protobuf/timestamp.pb.h"

namespace steward::collector {
namespace {

constexpr std::array<std::string_view, 4> kSeverities = {"critical", "high", "medium", "low"};

std::size_t SeverityOrder(std::string_view severity) {
  return static_cast<std::size_t>(std::find(kSeverities.begin(), kSeverities.end(), severity) - kSeverities.begin());
}

absl::Time TimeOf(const google::protobuf::Timestamp& time) {
  return absl::FromUnixSeconds(time.seconds()) + absl::Nanoseconds(time.nanos());
}

std::string Exact(absl::Time time) { return absl::FormatTime("%Y-%m-%d %H:%M:%S %Ez", time, absl::LocalTimeZone()); }

std::string TimeCell(absl::Time time, absl::Time now) {
  if (time == absl::InfinitePast()) return "never";
  return StrCat("<time title=\"", Exact(time), "\">", RelativeTime(time, now), "</time>");
}

void AppendTile(std::string_view value, std::string_view name, std::string& page) {
  StrAppend(&page, "<div class=\"card tile\"><b>", value, "</b><span class=\"soft\">", name, "</span></div>\n");
}

void AppendTiles(const OverviewParts& parts, const std::vector<const v1::Issue*>& issues, std::string& page) {
  const auto up = std::count_if(parts.machines.begin(), parts.machines.end(), [](const auto& m) { return m.up; });
  const auto urgent = std::count_if(issues.begin(), issues.end(), [](const v1::Issue* issue) {
    return issue->severity() == "critical" || issue->severity() == "high";
  });
  const auto partner =
      std::count_if(issues.begin(), issues.end(), [](const v1::Issue* issue) { return issue->party() == "partner"; });
  page += "<div class=\"tiles\">\n";
  AppendTile(StrCat(up, " of ", parts.machines.size()), "machines up", page);
  AppendTile(StrCat(issues.size()), "open issues", page);
  AppendTile(StrCat(urgent), "critical or high", page);
  AppendTile(StrCat(partner), "the partner's move", page);
  page += "</div>\n";
}

void AppendIssue(const v1::Issue& issue, absl::Time now, std::string& page) {
  const std::size_t severity = SeverityOrder(issue.severity());
  const std::string_view mark = severity < kSeverities.size() ? kSeverities[severity] : "low";
  StrAppend(&page, "<article class=\"card issue ", mark, "\"><h3>", Html(issue.title().empty() ? issue.type() : issue.title()),
            "</h3>\n<p class=\"small soft\"><span class=\"word\">", Html(issue.severity()), "</span> · ");
  if (!issue.host_name().empty()) StrAppend(&page, Html(issue.host_name()), " · ");
  StrAppend(&page, Html(issue.site()), " · ", Html(issue.state()), " · opened ", TimeCell(TimeOf(issue.opened_time()), now));
  if (!issue.party().empty()) {
    StrAppend(&page, " · ", issue.party() == "partner" ? "the partner's move" : "the IT manager's move");
  }
  if (issue.has_deadline()) StrAppend(&page, ", due ", TimeCell(TimeOf(issue.deadline()), now));
  if (issue.stale()) page += " · the machine is silent, this is its last word";
  page += "</p>\n";
  if (!issue.summary().empty()) StrAppend(&page, "<p>", Html(issue.summary()), "</p>\n");
  if (!issue.next_step().empty()) StrAppend(&page, "<p><b>Next:</b> ", Html(issue.next_step()), "</p>\n");
  page += "</article>\n";
}

// A server that is down is a fault. A workstation is switched off or asleep most of its life.
std::string StateCell(const MachineStatus& machine) {
  if (machine.up) return "<span class=\"up\">● up</span>";
  if (machine.record->machine_class == "server") return "<span class=\"down\">○ down</span>";
  return "<span class=\"off\">○ off or asleep</span>";
}

// Cut down: 100 % is said only of what has no gap.
std::string CoverageCell(const OverviewParts& parts, const MachineRecord& machine) {
  const std::optional<double> ratio = parts.coverage ? parts.coverage(machine) : std::nullopt;
  if (!ratio) return "";
  const double percent = *ratio >= 1 ? 100 : std::min(std::floor(*ratio * 1000) / 10, 99.9);
  return StrCat("<span class=\"small soft\" title=\"of the last 24 hours, less the time off or asleep\">", percent,
                " %</span>");
}

void AppendMachines(const OverviewParts& parts, const std::vector<const v1::Issue*>& issues, std::string& page) {
  if (parts.machines.empty()) {
    page +=
        "<div class=\"card none\">No machine is enrolled yet. Make a token here with <code>stewardctl token create</code> "
        "and give it to <code>steward-agent enroll</code> on the machine.</div>\n";
    return;
  }
  std::map<std::string_view, int> open;
  for (const v1::Issue* issue : issues) ++open[issue->machine_id()];
  page +=
      "<div class=\"card wide\"><table><thead><tr><th>Machine</th><th>State</th><th>Last seen</th><th>Site</th>"
      "<th>Class</th><th>System</th><th>Observed</th><th>Issues</th></tr></thead><tbody>\n";
  for (const MachineStatus& machine : parts.machines) {
    const MachineRecord& record = *machine.record;
    const auto cell = [&](std::string_view name, std::string_view html) {
      StrAppend(&page, "<td data-name=\"", name, "\">", html.empty() ? "–" : html, "</td>");
    };
    page += "<tr>";
    cell("Machine", StrCat("<span title=\"", Html(record.id), "\">", Html(record.instance), "</span>"));
    cell("State", StateCell(machine));
    cell("Last seen", TimeCell(machine.last_seen_time, parts.now));
    cell("Site", Html(record.site));
    cell("Class", Html(record.machine_class));
    cell("System", Html(record.operating_system));
    cell("Observed", CoverageCell(parts, record));
    const auto count = open.find(record.id);
    cell("Issues", count == open.end() ? "0" : std::to_string(count->second));
    page += "</tr>\n";
  }
  page += "</tbody></table></div>\n";
}

}  // namespace

std::string OverviewPage(const OverviewParts& parts) {
  std::vector<const v1::Issue*> issues;
  for (const IssueRecord& record : parts.issues) {
    if (record.issue.state() != "pending") issues.push_back(&record.issue);
  }
  std::stable_sort(issues.begin(), issues.end(), [](const v1::Issue* a, const v1::Issue* b) {
    return SeverityOrder(a->severity()) < SeverityOrder(b->severity());
  });

  std::string page =
      "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>Steward</title>\n"
      "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\"><meta http-equiv=\"refresh\" content=\"30\">\n"
      "<style>";
  StrAppend(&page, kOverviewStyle, "</style></head><body><main>\n<header><h1>Steward</h1><span class=\"small soft\">",
            Html(parts.version), " · as of ", Exact(parts.now), "</span></header>\n");
  if (!parts.trouble.ok()) {
    StrAppend(&page, "<div class=\"card trouble\">The collector is in trouble: ",
              Html(ToStd(parts.trouble.message())), "</div>\n");
  }
  AppendTiles(parts, issues, page);
  page += "<h2>Open issues</h2>\n";
  if (issues.empty()) page += "<div class=\"card none soft\">Nothing is open.</div>\n";
  for (const v1::Issue* issue : issues) AppendIssue(*issue, parts.now, page);
  page += "<h2>Machines</h2>\n";
  AppendMachines(parts, issues, page);
  page += "</main></body></html>\n";
  return page;
}

}  // namespace steward::collector
