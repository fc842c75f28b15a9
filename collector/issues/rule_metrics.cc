#include "collector/issues/rule_metrics.h"

#include <iterator>

namespace steward::collector {
namespace {

prometheus::Family<prometheus::Gauge>& Gauges(prometheus::Registry& registry, const char* name, const char* help) {
  return prometheus::BuildGauge().Name(name).Help(help).Register(registry);
}

}  // namespace

RuleMetrics::RuleMetrics(prometheus::Registry& registry)
    : seconds_(prometheus::BuildCounter().Name("steward_rules_seconds_total").Help("Time spent on judging.").Register(registry).Add({})),
      ticked_(Gauges(registry, "steward_rules_last_tick_timestamp_seconds", "When the rules last looked at the clock, which they do every second.").Add({})),
      observations_(prometheus::BuildCounter()
                        .Name("steward_rules_observations_total")
                        .Help("Reports of machines, by what the rules made of them: late ones raise and clear nothing.")
                        .Register(registry)),
      judged_(observations_.Add({{"result", "judged"}})),
      late_(observations_.Add({{"result", "late"}})),
      machines_(Gauges(registry, "steward_rule_machines", "Machines on which an issue type is judged.")),
      subjects_(Gauges(registry, "steward_rule_subjects", "Subjects (disks, services, ...) of which an issue type is judged.")),
      left_out_(Gauges(registry, "steward_rule_series_left_out", "Series that an issue type does not judge: too many subjects on one machine.")) {}

void RuleMetrics::Judged(bool late, absl::Duration took) {
  (late ? late_ : judged_).Increment();
  seconds_.Increment(absl::ToDoubleSeconds(took));
}

void RuleMetrics::Ticked(absl::Time now, absl::Duration took) {
  ticked_.Set(absl::ToDoubleSeconds(now - absl::UnixEpoch()));
  seconds_.Increment(absl::ToDoubleSeconds(took));
}

void RuleMetrics::SetCover(const std::map<std::string, RuleCover>& by_type) {
  for (auto known = by_type_.begin(); known != by_type_.end();) {
    const auto next = std::next(known);
    if (!by_type.contains(known->first)) {
      machines_.Remove(known->second[0]);
      subjects_.Remove(known->second[1]);
      left_out_.Remove(known->second[2]);
      by_type_.erase(known);
    }
    known = next;
  }
  for (const auto& [type, cover] : by_type) {
    auto& gauges = by_type_[type];
    if (gauges[0] == nullptr) gauges = {&machines_.Add({{"type", type}}), &subjects_.Add({{"type", type}}), &left_out_.Add({{"type", type}})};
    gauges[0]->Set(static_cast<double>(cover.machines));
    gauges[1]->Set(static_cast<double>(cover.subjects));
    gauges[2]->Set(static_cast<double>(cover.left_out));
  }
}

}  // namespace steward::collector
