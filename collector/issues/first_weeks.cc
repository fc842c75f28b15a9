#include "collector/issues/first_weeks.h"

#include <algorithm>
#include <array>

namespace steward::collector {
namespace {

// Catalogue, "First weeks": a failing disk, lost redundancy, malware, a failed backup.
constexpr std::array<std::string_view, 4> kToldAtOnce = {"disk-smart-failing", "raid-degraded", "malware-found", "backup-failed"};
// Judged only when something has happened: there is no first look at them.
constexpr std::array<std::string_view, 4> kHappenings = {"machine-offline", "agent-silent", "machine-missing", "identity-conflict"};

template <std::size_t N>
bool IsAmong(std::string_view type, const std::array<std::string_view, N>& types) {
  return std::find(types.begin(), types.end(), type) != types.end();
}

}  // namespace

void FirstWeeks::Meet(const MachineRecord& machine) {
  const auto [site, is_new] = site_since_.try_emplace(machine.site, machine.enrolled_time);
  if (!is_new) site->second = std::min(site->second, machine.enrolled_time);
}

bool FirstWeeks::Note(const MachineRecord& machine, std::string_view type, const Finding& finding) {
  if (!terms_) return false;
  if (finding.time - machine.enrolled_time > kFirstLook) {
    if (!first_.empty()) first_.erase(machine.id);
    return false;
  }
  const absl::Time first = first_[machine.id].try_emplace(std::string(type), finding.time).first->second;
  return finding.time - first <= finding.interval;  // some rules need two samples
}

bool FirstWeeks::Holds(const MachineRecord& machine, std::string_view type, Severity severity, absl::Time now) const {
  if (!terms_ || severity == Severity::kCritical || IsAmong(type, kToldAtOnce) || IsAmong(type, kHappenings)) return false;
  const FirstWeeksConfig terms = terms_();
  const auto site = site_since_.find(machine.site);
  return now - machine.enrolled_time < terms.machine || (site != site_since_.end() && now - site->second < terms.site);
}

}  // namespace steward::collector
