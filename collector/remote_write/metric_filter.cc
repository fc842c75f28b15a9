#include "collector/remote_write/metric_filter.h"

#include <fnmatch.h>

#include <algorithm>

#include "collector/latest/family_table.h"

namespace steward::collector {
namespace {

bool MatchesAny(const std::vector<std::string>& patterns, const std::string& metric) {
  return std::any_of(patterns.begin(), patterns.end(),
                     [&](const std::string& pattern) { return fnmatch(pattern.c_str(), metric.c_str(), 0) == 0; });
}

}  // namespace

bool MetricFilter::Decide(const std::string& metric) const {
  if (IsReservedMetric(metric) || MatchesAny(drop_, metric)) return false;
  return keep_.empty() || MatchesAny(keep_, metric);
}

bool MetricFilter::Keeps(const std::string& metric) {
  if (const auto found = decided_.find(metric); found != decided_.end()) return found->second;
  if (decided_.size() >= kFamiliesMax) decided_.clear();
  return decided_.emplace(metric, Decide(metric)).first->second;
}

}  // namespace steward::collector
