// Shows that the core loop and the storage's writer go round, with or without machines that report: a write that changes
// nothing, now and then.
#pragma once

#include <memory>

#include "base/clock.h"
#include "collector/delivery/progress.h"
#include "collector/storage/storage.h"

namespace steward::collector {

// Lives on the core thread. All references outlive the writes it has queued.
class StoragePulse {
 public:
  static constexpr absl::Duration kEvery = absl::Seconds(5);

  StoragePulse(Storage& storage, Clock& clock, boost::asio::any_io_executor executor, Progress& progress)
      : storage_(storage), progress_(progress), timer_(clock.NewTimer(std::move(executor))) {}

  void Start() {
    storage_.Write([](StorageTransaction&) { return absl::OkStatus(); },
                   [&progress = progress_](const absl::Status& status) {
                     if (status.ok()) progress.Moved();
                   });
    timer_->Start(kEvery, [this] { Start(); });
  }
  void Stop() { timer_->Cancel(); }

 private:
  Storage& storage_;
  Progress& progress_;
  std::unique_ptr<Timer> timer_;
};

}  // namespace steward::collector
