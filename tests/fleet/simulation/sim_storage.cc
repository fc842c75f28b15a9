#include "tests/fleet/simulation/sim_storage.h"

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <utility>
#include <vector>

namespace steward::simulation {

void SimStorage::Write(WriteFunction write, WriteDone done, std::size_t bytes) {
  queue_.push_back({std::move(write), std::move(done), bytes});
  queued_bytes_ += bytes;
  queued_bytes_max_ = std::max(queued_bytes_max_, queued_bytes_);
  CommitLater();
}

void SimStorage::CommitLater() {
  if (committing_ || queue_.empty()) return;
  committing_ = true;
  world_.After(commit_time, [this, alive = std::weak_ptr<bool>(alive_)] {
    if (alive.expired()) return;
    Commit();
    committing_ = false;
    CommitLater();
  });
}

void SimStorage::Commit() {
  std::deque<Queued> group = std::exchange(queue_, {});
  std::vector<absl::Status> results(group.size());
  std::mutex mutex;
  std::condition_variable changed;
  std::size_t left = group.size();
  for (std::size_t i = 0; i < group.size(); ++i) {
    WriteFunction write = std::move(group[i].write);
    if (!failure.ok()) {
      write = [this, inner = std::move(write)](collector::StorageTransaction& transaction) mutable {
        const absl::Status status = inner(transaction);
        return status.ok() ? failure : status;
      };
    }
    inner_->Write(
        std::move(write),
        [&, i](absl::Status status) {
          const std::lock_guard lock(mutex);
          results[i] = std::move(status);
          if (--left == 0) changed.notify_one();
        },
        group[i].bytes);
  }
  std::unique_lock lock(mutex);
  changed.wait(lock, [&left] { return left == 0; });
  lock.unlock();
  for (const Queued& queued : group) queued_bytes_ -= queued.bytes;
  for (std::size_t i = 0; i < group.size(); ++i) group[i].done(std::move(results[i]));
}

}  // namespace steward::simulation
