// Lets the store roll up and forget what is too old, a little at a time.
#pragma once

#include <memory>

#include "absl/time/time.h"
#include "base/clock.h"
#include "boost/asio/any_io_executor.hpp"
#include "collector/config/config.h"
#include "collector/storage/storage.h"

namespace steward::collector {

// Core thread, except the writes.
class Retention : public std::enable_shared_from_this<Retention> {
 public:
  static constexpr absl::Duration kRecords = absl::Hours(24 * 400);
  static constexpr absl::Duration kEvery = absl::Hours(1);
  // Between two steps of one round, so that ingest is not held up.
  static constexpr absl::Duration kBetweenSteps = absl::Milliseconds(200);

  // References outlive the object and its queued writes.
  Retention(const RetentionConfig& config, Storage& storage, Clock& clock, boost::asio::any_io_executor core)
      : config_(config), storage_(storage), clock_(clock), core_(core), timer_(clock.NewTimer(core)) {}

  void Start() { Wait(kBetweenSteps); }
  void Stop() { timer_->Cancel(); }

 private:
  void Wait(absl::Duration delay);
  void Step();

  const RetentionConfig config_;
  Storage& storage_;
  Clock& clock_;
  const boost::asio::any_io_executor core_;
  const std::unique_ptr<Timer> timer_;
};

}  // namespace steward::collector
