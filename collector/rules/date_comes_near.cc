// Types that are one idea: a day that people have entered comes near, or is over.
#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "base/text.h"
#include "collector/config/rule_scopes.h"
#include "collector/rules/register_rules.h"
#include "collector/rules/rule_list.h"
#include "collector/rules/site_presence.h"
#include "collector/rules/words.h"

namespace steward::collector {
namespace {

// For which machines a level is; of what a site has all hold that are not a workstation's.
enum class For : std::uint8_t { kAll, kServers, kWorkstations };

struct DateLevel {
  std::size_t threshold;  // its days ahead
  Severity severity;
  For whom = For::kAll;
};

struct DateType {
  std::string_view type;
  std::array<std::string_view, 2> kinds;  // of the register; "": no second one
  std::string_view title, meaning, next_step;
  std::array<Threshold, 3> thresholds;
  std::size_t threshold_count;
  std::array<DateLevel, 3> levels;        // by rising severity
  std::size_t level_count;
};

// Catalogue: warranty-ending, domain-expiring, licence-expiring.
constexpr DateType kTypes[] = {
    {"warranty-ending",
     {"warranty", "contract"},
     "Warranty or support contract ends",
     "From then on a repair costs money and takes as long as it takes.",
     "Extend it, replace the machine, or accept it.",
     {Threshold{"server_days", 90}, Threshold{"workstation_days", 30}, Threshold{"ended_days", 0}},
     3,
     {DateLevel{0, Severity::kLow, For::kServers}, DateLevel{1, Severity::kLow, For::kWorkstations}, DateLevel{2, Severity::kMedium, For::kServers}},
     3},
    {"licence-expiring",
     {"licence", ""},
     "Licence or subscription ends",
     "The product stops, or runs without a right to.",
     "Renew it, or reduce or drop what nobody needs.",
     {Threshold{"low_days", 60}, Threshold{"medium_days", 14}, Threshold{}},
     2,
     {DateLevel{0, Severity::kLow}, DateLevel{1, Severity::kMedium}, DateLevel{}},
     2},
    {"domain-expiring",
     {"domain", ""},
     "Company domain ends",
     "Mail and web of the company stop, and somebody else may take the name.",
     "Renew it, and check that the payment goes through.",
     {Threshold{"medium_days", 45}, Threshold{"high_days", 14}, Threshold{}},
     2,
     {DateLevel{0, Severity::kMedium}, DateLevel{1, Severity::kHigh}, DateLevel{}},
     2},
};

bool IsMeant(For whom, const MachineRecord& machine) {
  return whom == For::kAll || (whom == For::kWorkstations) == IsWorkstation(machine);
}

// Of what the issue is: the kind and its name.
std::string SubjectOf(const RegisterEntry& entry) { return entry.name.empty() ? entry.kind : StrCat(entry.kind, " ", entry.name); }

class DateRule final : public Rule {
 public:
  DateRule(const DateType& type, Register entries) : type_(type), entries_(std::move(entries)) {}

  std::string_view type() const override { return type_.type; }
  int version() const override { return 1; }
  std::string_view party() const override { return "it-manager"; }
  absl::Span<const Threshold> thresholds() const override { return {type_.thresholds.data(), type_.threshold_count}; }
  bool judges_sites() const override { return true; }
  bool judges_dates() const override { return true; }

  void JudgeDates(const DateSubject& subject, const RuleSettings& settings, std::vector<Finding>& out) const override {
    Judge(subject.machine, subject.now, subject.machine.interval, settings, out);
  }

  void JudgeSite(const SitePresence& site, absl::Time now, const RuleSettings& settings, std::vector<Finding>& out) const override {
    Judge(OfSite(site.site), now, absl::Seconds(10), settings, out);
  }

  bool Knows(const MachineRecord& machine, std::string_view subject) const override {
    bool is_entered = false;  // others of the type are not known by their names here
    for (const std::string_view kind : type_.kinds) is_entered = is_entered || (!kind.empty() && (subject == kind || subject.starts_with(StrCat(kind, " "))));
    return !is_entered || std::any_of(entries_->begin(), entries_->end(), [&](const RegisterEntry& entry) {
      return IsOfType(entry) && IsOf(entry, machine) && SubjectOf(entry) == subject;
    });
  }

  Watched WatchedOn(const MachineRecord& machine, const SeriesTracker& /*series*/, std::size_t /*rule*/) const override {
    const auto count = std::count_if(entries_->begin(), entries_->end(), [&](const RegisterEntry& entry) { return IsOfType(entry) && IsOf(entry, machine); });
    if (count > 0) return {static_cast<std::size_t>(count), ""};
    const std::string kinds = StrCat("\"", type_.kinds[0], type_.kinds[1].empty() ? "" : "\" or \"", type_.kinds[1], "\"");
    if (FindRegisterKind(type_.kinds[0])->scope == RegisterScope::kSite) return {0, StrCat("is judged of sites that a [[register]] of kind ", kinds, " names")};
    return {0, StrCat("no [[register]] of kind ", kinds, " names this machine")};
  }

  IssueText Describe(const MachineRecord& machine, const Finding& finding, Severity) const override {
    const auto detail = [&](const char* name) {
      const auto found = finding.details.find(name);
      return found == finding.details.end() ? std::string("?") : found->second;
    };
    const std::string of = IsSiteRecord(machine) ? StrCat("site ", machine.site) : MachineName(machine);
    const bool over = finding.value <= 0;
    const std::string what = StrCat(over ? "Ended: the " : "The ", finding.subject, " of ", of);
    return {std::string(type_.title), StrCat(what, over ? ", " : " ends ", detail("ends"), "."), std::string(type_.meaning), std::string(type_.next_step)};
  }

 private:
  static MachineRecord OfSite(const std::string& site) {
    MachineRecord record;
    record.site = site;
    return record;
  }
  static bool IsSiteRecord(const MachineRecord& machine) { return machine.host_name.empty(); }
  bool IsOfType(const RegisterEntry& entry) const {
    return std::find(type_.kinds.begin(), type_.kinds.end(), entry.kind) != type_.kinds.end();
  }

  void Judge(const MachineRecord& machine, absl::Time now, absl::Duration interval, const RuleSettings& settings, std::vector<Finding>& out) const {
    for (const RegisterEntry& entry : *entries_) {
      if (!IsOfType(entry) || !IsOf(entry, machine)) continue;
      Finding finding;
      finding.subject = SubjectOf(entry);
      finding.time = finding.since = now;
      finding.interval = interval;
      finding.metric = "register";
      finding.unit = "d";
      finding.lower_is_worse = true;
      finding.value = DaysTo(entry.date + 1, now);
      for (std::size_t i = 0; i < type_.level_count; ++i) {
        const DateLevel& level = type_.levels[i];
        if (!IsMeant(level.whom, machine)) continue;
        const Threshold& threshold = type_.thresholds[level.threshold];
        const double days = settings.For(finding.subject).Level(threshold.name);
        finding.levels.push_back({threshold.name, level.severity, finding.value < days ? Zone::kRaised : Zone::kClear, days,
                                  settings.Raise(absl::ZeroDuration()), settings.Clear(absl::ZeroDuration())});
      }
      finding.details["ends"] = DayText(entry.date, finding.value);
      out.push_back(std::move(finding));
    }
  }

  const DateType& type_;
  const Register entries_;
};

}  // namespace

double DaysTo(absl::CivilDay day, absl::Time now) {
  return absl::ToDoubleHours(absl::FromCivil(day, absl::UTCTimeZone()) - now) / 24;
}

std::string DayText(absl::CivilDay day, double days_left) {
  const auto days = static_cast<std::int64_t>(std::floor(std::abs(days_left)));
  const std::string span = StrCat(days, days == 1 ? " day" : " days");
  const std::string on = StrCat("on ", absl::FormatCivilTime(day));
  if (days == 0) return days_left > 0 ? StrCat(on, ", today") : StrCat(on, ", yesterday");
  return days_left > 0 ? StrCat(on, ", in ", span) : StrCat(on, ", ", span, " ago");
}

bool IsOf(const RegisterEntry& entry, const MachineRecord& machine) {
  if (entry.machine.empty()) return machine.host_name.empty() && entry.site == machine.site;
  return IsMachine(entry.machine, {machine.id, machine.host_name, machine.site, machine.machine_class});
}

const RegisterEntry* NewestOf(const Register& entries, std::string_view kind, const MachineRecord& machine) {
  const RegisterEntry* newest = nullptr;
  for (const RegisterEntry& entry : *entries) {
    if (entry.kind == kind && IsOf(entry, machine) && (newest == nullptr || entry.date > newest->date)) newest = &entry;
  }
  return newest;
}

std::vector<std::unique_ptr<Rule>> MakeDateRules(const Register& entries) {
  std::vector<std::unique_ptr<Rule>> rules;
  for (const DateType& type : kTypes) rules.push_back(std::make_unique<DateRule>(type, entries));
  return rules;
}

}  // namespace steward::collector
