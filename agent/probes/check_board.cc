#include "agent/probes/check_board.h"

#include <algorithm>
#include <utility>

namespace steward::agent {
namespace {

bool SameStatus(const std::vector<CheckLine>& left, const std::vector<CheckLine>& right) {
  return std::equal(left.begin(), left.end(), right.begin(), right.end(),
                    [](const CheckLine& a, const CheckLine& b) { return a.name == b.name && a.status == b.status; });
}

}  // namespace

void CheckBoard::Set(std::vector<CheckLine> lines, absl::Duration boot) {
  const std::scoped_lock lock(mutex_);
  lines_ = std::move(lines);
  const bool tell = !SameStatus(lines_, told_) || (boot - told_boot_ >= kCheckTextInterval && lines_ != told_);
  if (!tell) return;
  told_ = lines_;
  told_boot_ = boot;
  ++mark_;
}

std::vector<CheckLine> CheckBoard::lines() const {
  const std::scoped_lock lock(mutex_);
  return lines_;
}

std::uint64_t CheckBoard::mark() const {
  const std::scoped_lock lock(mutex_);
  return mark_;
}

}  // namespace steward::agent
