// Storage that can be made to wait or to fail, in front of one that works.
#pragma once

#include <deque>
#include <memory>
#include <utility>

#include "collector/storage/storage.h"

namespace steward::collector {

// One thread.
class FaultStorage final : public Storage {
 public:
  explicit FaultStorage(std::unique_ptr<Storage> inner) : inner_(std::move(inner)) {}

  void Hold() { held_ = true; }
  void Release() {
    held_ = false;
    for (std::deque<Held> all = std::exchange(queue_, {}); Held& one : all) {
      queued_bytes_ -= one.bytes;
      Write(std::move(one.write), std::move(one.done), one.bytes);
    }
  }
  // Every write ends with this error, its change undone, until it is OK again.
  void Fail(absl::Status status) { failure_ = std::move(status); }
  // As if others had that much in the queue.
  void PretendQueued(std::size_t bytes) { pretended_bytes_ = bytes; }

  void Write(WriteFunction write, WriteDone done, std::size_t bytes = 0) override {
    ++writes_;
    if (held_) {
      queued_bytes_ += bytes;
      queue_.push_back({std::move(write), std::move(done), bytes});
    } else if (!failure_.ok()) {
      inner_->Write(
          [this, write = std::move(write)](StorageTransaction& transaction) mutable {
            const absl::Status status = write(transaction);
            return status.ok() ? failure_ : status;
          },
          std::move(done), bytes);
    } else {
      inner_->Write(std::move(write), std::move(done), bytes);
    }
  }
  std::size_t QueuedBytes() const override { return queued_bytes_ + pretended_bytes_; }
  absl::Status Read(ReadFunction read) override { return inner_->Read(read); }

  std::size_t writes() const { return writes_; }

 private:
  struct Held {
    WriteFunction write;
    WriteDone done;
    std::size_t bytes;
  };
  const std::unique_ptr<Storage> inner_;
  std::deque<Held> queue_;
  absl::Status failure_;
  std::size_t queued_bytes_ = 0;
  std::size_t pretended_bytes_ = 0;
  std::size_t writes_ = 0;
  bool held_ = false;
};

}  // namespace steward::collector
