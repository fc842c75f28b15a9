// What the rules say of themselves: steward_rule..., on /metrics. Whoever looks sees that they go round, what they cost, and what
// they cannot judge.
#pragma once

#include <array>
#include <map>
#include <string>

#include "absl/time/time.h"
#include "collector/issues/rule_cover.h"
#include "prometheus/counter.h"
#include "prometheus/gauge.h"
#include "prometheus/registry.h"

namespace steward::collector {

// Of one thread; the registry may be read from others.
class RuleMetrics {
 public:
  // `registry` outlives the object.
  explicit RuleMetrics(prometheus::Registry& registry);

  // A machine's report was judged, or was too old for that.
  void Judged(bool late, absl::Duration took);
  void Ticked(absl::Time now, absl::Duration took);
  // All types that there are; what was set of others is dropped.
  void SetCover(const std::map<std::string, RuleCover>& by_type);

 private:
  prometheus::Counter& seconds_;
  prometheus::Gauge& ticked_;
  prometheus::Family<prometheus::Counter>& observations_;
  prometheus::Counter& judged_;
  prometheus::Counter& late_;
  prometheus::Family<prometheus::Gauge>& machines_;
  prometheus::Family<prometheus::Gauge>& subjects_;
  prometheus::Family<prometheus::Gauge>& left_out_;
  std::map<std::string, std::array<prometheus::Gauge*, 3>> by_type_;  // of the three above
};

}  // namespace steward::collector
