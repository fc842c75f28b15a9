// collector-unhealthy: the monitor itself is at risk: its disk, its own backup, its store. That it is gone altogether only the
// outside watcher of [heartbeat] can tell.
#include <array>

#include "base/text.h"
#include "collector/rules/collector_health.h"
#include "collector/rules/rule_list.h"
#include "collector/rules/words.h"

namespace steward::collector {
namespace {

// Catalogue, collector-unhealthy: lag > 5 min, free < 15 % or own backup > 36 h, 15 min; normal for 15 min.
constexpr absl::Duration kTime = absl::Minutes(15);
// Of a large disk 15 % are years of data: as disk-space-low, it counts only if little is left.
constexpr std::array<Threshold, 4> kThresholds = {Threshold{"lag_seconds", 300}, Threshold{"free_percent", 15}, Threshold{"free_gb", 20},
                                                  Threshold{"backup_hours", 36}};
constexpr absl::Duration kInterval = absl::Minutes(1);

class CollectorUnhealthy final : public Rule {
 public:
  std::string_view type() const override { return "collector-unhealthy"; }
  int version() const override { return 1; }
  std::string_view party() const override { return "partner"; }
  absl::Span<const Threshold> thresholds() const override { return kThresholds; }

  void JudgeCollector(const CollectorHealth& health, absl::Time since, absl::Time now, const RuleSettings& settings,
                      std::vector<Finding>& out) const override {
    const double lag = absl::ToDoubleSeconds(now - std::max(health.stored, since));
    Add("store", lag, "s", settings.Level("lag_seconds"), lag > settings.Level("lag_seconds"), now, settings, out);
    if (health.room && health.room->total_bytes > 0) {
      const double free = static_cast<double>(health.room->free_bytes);
      const double percent = 100 * free / static_cast<double>(health.room->total_bytes);
      const bool low = percent < settings.Level("free_percent") && free < settings.Level("free_gb") * 1e9;
      Add("disk", percent, "%", settings.Level("free_percent"), low, now, settings, out);
      out.back().details["free"] = BytesText(free);
    }
    if (!health.makes_backups) return;
    const double hours = absl::ToDoubleHours(now - std::max(health.last_backup, since));
    Add("backup", hours, "h", settings.Level("backup_hours"), hours > settings.Level("backup_hours"), now, settings, out);
  }

  Watched WatchedOn(const MachineRecord&, const SeriesTracker&, std::size_t) const override {
    return {0, "is judged of the collector itself"};
  }

  IssueText Describe(const MachineRecord&, const Finding& finding, Severity) const override {
    IssueText text{.title = "The monitor itself is at risk", .summary = {}, .meaning = {}, .next_step = {}};
    if (finding.subject == "disk") {
      const auto free = finding.details.find("free");
      text.summary = StrCat("The disk of Steward's store has ", PercentText(finding.value), " left (",
                            free == finding.details.end() ? "?" : free->second, ").");
      text.meaning = "When it is full nothing is stored and nothing is told; agents keep their samples for a while.";
      text.next_step = "Free space or extend the disk; [retention] says how long samples are kept.";
    } else if (finding.subject == "backup") {
      text.summary = StrCat("Steward's own backup was last made ", RoughDuration(absl::Hours(finding.value)), " ago.");
      text.meaning = "If its disk is lost now, issues, decisions and history since then are lost.";
      text.next_step = "See why in the collector's log (steward_backup_*), or run one: steward-collector backup.";
    } else {
      text.summary = StrCat("Steward has stored nothing for ", RoughDuration(absl::Seconds(finding.value)), ".");
      text.meaning = "What agents send waits with them; issues may come late.";
      text.next_step = "Look at the collector's log and at the load of its disk.";
    }
    return text;
  }

 private:
  static void Add(std::string_view subject, double value, std::string_view unit, double level, bool bad, absl::Time now,
                  const RuleSettings& settings, std::vector<Finding>& out) {
    Finding& finding = out.emplace_back();
    finding.subject = std::string(subject);
    finding.time = finding.since = now;
    finding.interval = kInterval;
    finding.value = value;
    finding.unit = unit;
    finding.metric = subject;
    finding.lower_is_worse = subject == "disk";
    const absl::Duration raise = settings.Raise(kTime);
    finding.levels.push_back({"at-risk", Severity::kHigh, bad ? Zone::kRaised : Zone::kClear, level, raise, settings.Clear(raise)});
  }
};

}  // namespace

std::unique_ptr<Rule> MakeCollectorUnhealthy() { return std::make_unique<CollectorUnhealthy>(); }

}  // namespace steward::collector
