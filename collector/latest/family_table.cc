#include "collector/latest/family_table.h"

#include <algorithm>
#include <array>


namespace steward::collector {

bool IsReservedMetric(std::string_view name) {
  // What a scrape adds by itself, and what the collector says about machines, issues and itself.
  static constexpr std::array<std::string_view, 13> kPrefixes = {
      "scrape_",         "steward_machine_", "steward_issue",  "steward_coverage_",  "steward_ingest_",
      "steward_storage", "steward_delivery", "steward_remote", "steward_collector_", "steward_http_",
      "steward_latest_", "steward_rule",     "steward_heartbeat"};
  return name == "up" ||
         std::any_of(kPrefixes.begin(), kPrefixes.end(), [&](auto prefix) { return name.starts_with(prefix); });
}

std::optional<std::uint32_t> FamilyTable::Intern(const v1::SeriesDescriptor& series) {
  MutexLock lock(&mutex_);
  if (const auto found = by_name_.find(series.metric()); found != by_name_.end()) {
    Family& family = families_[found->second];
    if (family.help.empty()) family.help = series.help();
    return found->second;
  }
  if (families_.size() >= kFamiliesMax || IsReservedMetric(series.metric())) {
    refused_.fetch_add(1, std::memory_order_relaxed);
    return std::nullopt;
  }
  const auto number = static_cast<std::uint32_t>(families_.size());
  families_.push_back({series.metric(), series.help(), series.type()});
  by_name_.emplace(series.metric(), number);
  return number;
}

std::uint32_t FamilyTable::size() const {
  MutexLock lock(&mutex_);
  return static_cast<std::uint32_t>(families_.size());
}

Family FamilyTable::Get(std::uint32_t family) const {
  MutexLock lock(&mutex_);
  return families_[family];
}

}  // namespace steward::collector
