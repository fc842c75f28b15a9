// Shows that the core loop and the storage's writer go round, with or without machines that report: a write now and then,
// which changes nothing while all is well, and while the store fails asks the disk whether it takes anything again.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "base/clock.h"
#include "collector/delivery/progress.h"
#include "collector/storage/storage.h"

namespace steward::collector {

// Lives on the core thread. All references outlive the writes it has queued.
class StoragePulse {
 public:
  static constexpr absl::Duration kEvery = absl::Seconds(5);
  static constexpr std::size_t kAskedBytes = 64 * 1024;  // about what a group of batches takes

  // `failing`: whether the store has failed lately. `tried` is told on the writer thread what became of a write to the disk.
  StoragePulse(Storage& storage, Clock& clock, boost::asio::any_io_executor executor, Progress& progress,
               std::function<bool()> failing = [] { return false; },
               std::function<void(const absl::Status&)> tried = [](const absl::Status&) {})
      : storage_(storage),
        progress_(progress),
        failing_(std::move(failing)),
        tried_(std::move(tried)),
        timer_(clock.NewTimer(std::move(executor))) {}

  void Start() {
    const bool ask = failing_();
    storage_.Write(
        [ask](StorageTransaction& transaction) {
          return ask ? transaction.PutSetting("storage-pulse", std::string(kAskedBytes, ' ')) : absl::OkStatus();
        },
        [this, ask](const absl::Status& status) {
          if (ask) tried_(status);
          if (status.ok()) progress_.Moved();
        });
    timer_->Start(kEvery, [this] { Start(); });
  }
  void Stop() { timer_->Cancel(); }

 private:
  Storage& storage_;
  Progress& progress_;
  const std::function<bool()> failing_;
  const std::function<void(const absl::Status&)> tried_;
  std::unique_ptr<Timer> timer_;
};

}  // namespace steward::collector
