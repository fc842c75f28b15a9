// The live issues as other threads see them: for /metrics and the console.
#pragma once

#include <memory>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "steward/v1/management.pb.h"

namespace steward::collector {

// Thread-safe. Issues are immutable; a changed one is another object.
class IssueView {
 public:
  using Issues = std::vector<std::shared_ptr<const v1::Issue>>;

  // Open, acknowledged, waiting, snoozed, accepted and claimed ones, by machine, type and subject. Never null.
  std::shared_ptr<const Issues> Live() const {
    const absl::MutexLock lock(&mutex_);
    return live_;
  }

  // For the issue engine.
  void Publish(Issues live) {
    auto next = std::make_shared<const Issues>(std::move(live));
    const absl::MutexLock lock(&mutex_);
    live_.swap(next);
  }

 private:
  mutable absl::Mutex mutex_;
  std::shared_ptr<const Issues> live_ ABSL_GUARDED_BY(mutex_) = std::make_shared<const Issues>();
};

}  // namespace steward::collector
