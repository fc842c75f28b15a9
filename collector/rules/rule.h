// What a rule is: looks at one moment of one machine and says, for each subject, on which side of its levels it stands.
// Rules hold no clock and no timers: how long a condition has to last is said in the judgement and counted by the issues.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/inlined_vector.h"
#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "collector/identity/identity_conflict.h"
#include "collector/rules/file_systems.h"
#include "collector/rules/rule_settings.h"
#include "collector/rules/series_tracker.h"
#include "collector/rules/severity.h"
#include "collector/storage/records.h"

namespace steward::collector {

class Presence;
struct CollectorHealth;
struct MachineMemory;
struct SitePresence;

inline constexpr absl::Duration kIdentityJudgedEvery = absl::Minutes(1);

// One moment of one machine as it was sampled. What was not sampled is not in it.
struct MachineSample {
  const MachineRecord& machine;
  absl::Time time;
  absl::Span<const FileSystem> file_systems;
  const SeriesTracker& series;
  std::size_t rule;  // the judging one's number among the tracker's inputs
  MachineMemory* memory = {};                // what rules remember of the machine; null: nothing is remembered
  absl::Duration clock_error = {};           // its clock less the collector's, when last compared
  std::optional<absl::CivilDay> workday = {};  // of the site, if its people work at this moment
};

// One machine at a moment of the collector's clock, for what comes with the calendar and not with a sample.
struct DateSubject {
  const MachineRecord& machine;
  absl::Time now;
  const SeriesTracker& series;
  std::size_t rule;  // as in MachineSample
};

enum class Zone : std::uint8_t {
  kClear,    // below the clear level
  kBetween,  // neither: keeps what is raised, raises nothing
  kRaised,   // at the raise level or beyond
};

// Where a subject stands at one level of a rule.
struct LevelJudgement {
  std::string_view name;        // of the level: "warn"; static
  Severity severity = Severity::kNone;  // of an issue raised at this level
  Zone zone = Zone::kClear;
  double threshold = 0;         // in force, in the unit of the finding's value
  absl::Duration raise;         // how long the condition must be observed before it is an issue
  absl::Duration clear;         // how long it must be observed to be gone
};

// One of the machine's inventory, by group and key.
struct FactName {
  std::string group, key;
  bool empty() const { return group.empty(); }
};

struct Finding {
  std::string subject;          // stable inside the machine; empty: the machine itself
  absl::Time time;              // of the sample; of the collector's clock for absence rules
  absl::Time since;             // when the condition began, if the rule knows better than `time`; else equal to it
  absl::Duration interval;      // how far apart findings of this subject normally are: a longer distance is a gap
  double value = 0;
  std::string_view metric;      // static
  std::string_view unit;        // static: "%", "h", "s"
  std::string probe = {};       // of the agent, that read it; empty: not of one
  bool lower_is_worse = false;
  bool asked_for = false;       // the company asked to hear of this itself: no initial finding (collector/issues/first_weeks.h)
  absl::InlinedVector<LevelJudgement, 3> levels;  // by rising severity; always the same ones for a subject
  std::map<std::string, std::string> details;     // evidence for people; may be empty while everything is clear

  FactName fact = {};                             // in which the machine itself tells more; empty: none does

  bool IsClear() const {
    for (const LevelJudgement& level : levels) {
      if (level.zone != Zone::kClear) return false;
    }
    return true;
  }
};

// Whether a rule can judge a machine, and if not, why.
struct Watched {
  std::size_t subjects = 0;  // that it judges now
  std::string why_not;       // "no data of node_md_disks"; empty: it judges
};

// What an issue says, in plain words.
struct IssueText {
  std::string title;      // the type's, as in the catalogue
  std::string summary;    // what is wrong, in a sentence
  std::string meaning;    // what it means if nothing is done
  std::string next_step;
};

// Const and shared by all machines; what a rule must remember of a machine is in MachineSample or Presence.
class Rule {
 public:
  virtual ~Rule() = default;
  virtual std::string_view type() const = 0;  // the catalogue's id: "disk-space-low"
  virtual int version() const = 0;            // raised when the same data would be judged differently
  virtual std::string_view party() const = 0; // whose move an issue of this type is: "partner", "it-manager"
  // The company's own: what it looks for is never an initial finding.
  virtual bool is_own() const { return false; }
  // Every level that configuration may set, with its default.
  virtual absl::Span<const Threshold> thresholds() const = 0;
  // From how many machines of a site it must be seen to be believed. Not zero: its findings are put together with those of the
  // site's other machines (SiteViews), and the issue is the site's; Describe gets a machine that has only a site then.
  virtual std::size_t viewpoints() const { return 0; }
  // And from how many of a hundred machines that look now.
  virtual std::size_t viewpoints_percent() const { return 0; }
  // What it reads of MachineSample::series.
  virtual const RuleInputs& inputs() const {
    static const RuleInputs kNone;
    return kNone;
  }

  // Event-time rules: judges the newest sample of a machine. Subjects without data get no finding.
  virtual void JudgeSample(const MachineSample& /*sample*/, const RuleSettings& /*settings*/,
                           std::vector<Finding>& /*out*/) const {}
  // Absence rules: judge what is known of the machine at `now`, on the collector's clock.
  virtual void JudgePresence(const MachineRecord& /*machine*/, const Presence& /*presence*/, absl::Time /*now*/,
                             const RuleSettings& /*settings*/, std::vector<Finding>& /*out*/) const {}
  // Rules of dates: judge once a minute on the collector's clock, whether the machine is there or not.
  virtual bool judges_dates() const { return false; }
  virtual void JudgeDates(const DateSubject& /*subject*/, const RuleSettings& /*settings*/, std::vector<Finding>& /*out*/) const {}
  // False: people have taken the subject out of what they entered, and its issue is over.
  virtual bool Knows(const MachineRecord& /*machine*/, std::string_view /*subject*/) const { return true; }
  // Of two machines with one identity: at each sign of them with the newest `conflict`; from then on every
  // kIdentityJudgedEvery without one (null) while one of them is connected and the issue is not over.
  virtual void JudgeIdentity(const MachineRecord& /*machine*/, const IdentityConflict* /*conflict*/, absl::Time /*now*/,
                             const RuleSettings& /*settings*/, std::vector<Finding>& /*out*/) const {}

  // Site rules: judge the machines of a site together, on the collector's clock. A finding is the site's, whatever its subject;
  // Describe gets a machine that has only a site.
  virtual bool judges_sites() const { return false; }
  virtual void JudgeSite(const SitePresence& /*site*/, absl::Time /*now*/, const RuleSettings& /*settings*/,
                         std::vector<Finding>& /*out*/) const {}

  // Of the collector itself; the issue is of no site, and Describe gets a machine that is none.
  virtual void JudgeCollector(const CollectorHealth& /*health*/, absl::Time /*since*/, absl::Time /*now*/, const RuleSettings& /*settings*/,
                              std::vector<Finding>& /*out*/) const {}

  // The issue's subject was last judged at `judged`, by samples of `probe`. True: what that probe has sampled since then has
  // nothing of it, and that means that it is over. `rule` as in MachineSample.
  virtual bool IsGone(const SeriesTracker& /*series*/, std::size_t /*rule*/, std::string_view /*subject*/, std::string_view /*probe*/,
                      absl::Time /*judged*/) const {
    return false;
  }

  // What it can judge of the machine, by the newest samples. `rule` as in MachineSample.
  virtual Watched WatchedOn(const MachineRecord& /*machine*/, const SeriesTracker& /*series*/, std::size_t /*rule*/) const {
    return {1, ""};
  }

  // `finding` is one of this rule's with at least one level that is not clear.
  virtual IssueText Describe(const MachineRecord& machine, const Finding& finding, Severity severity) const = 0;
};

inline bool IsWorkstation(const MachineRecord& machine) {
  return machine.machine_class == "desktop" || machine.machine_class == "laptop";
}

}  // namespace steward::collector
