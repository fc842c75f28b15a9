#include "collector/storage/memory/memory_storage.h"

#include <deque>
#include <thread>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "base/mutex.h"
#include "collector/storage/memory/memory_transaction.h"

namespace steward::collector {
namespace {

class MemoryStorage final : public Storage {
 public:
  explicit MemoryStorage(MemoryWriter writer) {
    if (writer == MemoryWriter::kThread) thread_ = std::thread([this] { Run(); });
  }

  ~MemoryStorage() override {
    if (!thread_.joinable()) return;
    {
      MutexLock lock(&mutex_);
      stopping_ = true;
    }
    thread_.join();
  }

  void Write(WriteFunction write, WriteDone done, std::size_t bytes) override {
    MutexLock lock(&mutex_);
    queue_.push_back({std::move(write), std::move(done), bytes});
    queued_bytes_ += bytes;
    if (thread_.joinable() || draining_) return;
    draining_ = true;  // a Write from within a done is served by the loop below it
    while (!queue_.empty()) ExecuteFirst();
    draining_ = false;
  }

  std::size_t QueuedBytes() const override {
    MutexLock lock(&mutex_);
    return queued_bytes_;
  }

  absl::Status Read(ReadFunction read) override {
    MutexLock lock(&state_mutex_);
    MemoryReader reader(state_);
    return read(reader);
  }

 private:
  struct Queued {
    WriteFunction write;
    WriteDone done;
    std::size_t bytes = 0;
  };

  void Run() {
    MutexLock lock(&mutex_);
    while (true) {
      const auto has_work = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return stopping_ || !queue_.empty(); };
      mutex_.Await(has_work);
      if (queue_.empty()) return;
      ExecuteFirst();
    }
  }

  // Unlocks while it works.
  void ExecuteFirst() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    Queued work = std::move(queue_.front());
    queue_.pop_front();
    mutex_.Unlock();
    absl::Status status = Apply(work.write);
    work.write = nullptr;
    mutex_.Lock();
    queued_bytes_ -= work.bytes;
    mutex_.Unlock();
    work.done(std::move(status));
    work.done = nullptr;
    mutex_.Lock();
  }

  absl::Status Apply(WriteFunction& write) {
    MutexLock lock(&state_mutex_);
    MemoryTransaction transaction(state_);
    absl::Status status = write(transaction);
    if (!status.ok()) transaction.Undo();
    return status;
  }

  mutable Mutex mutex_;
  std::deque<Queued> queue_ ABSL_GUARDED_BY(mutex_);
  std::size_t queued_bytes_ ABSL_GUARDED_BY(mutex_) = 0;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  bool draining_ ABSL_GUARDED_BY(mutex_) = false;
  Mutex state_mutex_;
  MemoryState state_ ABSL_GUARDED_BY(state_mutex_);
  std::thread thread_;
};

}  // namespace

std::unique_ptr<Storage> NewMemoryStorage(MemoryWriter writer) { return std::make_unique<MemoryStorage>(writer); }

}  // namespace steward::collector
