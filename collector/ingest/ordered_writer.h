// The writes of one stream: in order, none after a failed one, tried again when the disk fails.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "base/clock.h"
#include "boost/asio/any_io_executor.hpp"
#include "collector/storage/storage.h"

namespace steward::collector {

// Core thread. Held by shared_ptr: what it has given to the store keeps it alive.
class OrderedWriter : public std::enable_shared_from_this<OrderedWriter> {
 public:
  // May be called more than once; only the effects of the last call are kept. Writer thread.
  using WriteFunction = std::function<absl::Status(StorageTransaction&)>;
  // Once: OK when durable, or an error that trying again cannot mend. Core thread.
  using Finished = absl::AnyInvocable<void(absl::Status)>;

  // `on_trouble` is told of each failed try (the disk), on the core thread. References outlive all queued writes.
  OrderedWriter(Storage& storage, Clock& clock, boost::asio::any_io_executor core, std::function<void(absl::Status)> on_trouble);

  void Write(WriteFunction write, Finished finished, std::size_t bytes);

  // Tries nothing again from now on. What the store has already still becomes durable and is told; what fails is not.
  void Stop();

  std::size_t pending_count() const { return pending_.size(); }
  std::size_t pending_bytes() const { return pending_bytes_; }
  bool in_trouble() const { return in_trouble_; }

 private:
  struct Item {
    WriteFunction write;
    Finished finished;
    std::size_t bytes = 0;
  };
  // Shared with the writer thread: writes of this round or an earlier one must not be done any more.
  using Gate = std::atomic<std::uint64_t>;

  void Submit(const std::shared_ptr<Item>& item);
  void OnDone(const std::shared_ptr<Item>& item, std::uint64_t round, absl::Status status);
  void TryAgain();

  Storage& storage_;
  const boost::asio::any_io_executor core_;
  const std::function<void(absl::Status)> on_trouble_;
  const std::unique_ptr<Timer> retry_;
  const std::shared_ptr<Gate> gate_ = std::make_shared<Gate>(0);
  std::uint64_t round_ = 1;
  std::deque<std::shared_ptr<Item>> pending_;
  std::size_t pending_bytes_ = 0;
  bool in_trouble_ = false;
  bool stopped_ = false;
};

}  // namespace steward::collector
