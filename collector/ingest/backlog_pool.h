// Shares what the collector can take in of backlog among the streams that have some: in turns of a segment each, so that the
// newest data of all machines comes first, and none while the store is behind with live batches.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>

#include "absl/container/flat_hash_map.h"
#include "absl/time/time.h"
#include "base/clock.h"
#include "boost/asio/any_io_executor.hpp"
#include "collector/storage/storage.h"

namespace steward::collector {

// Core thread.
class BacklogPool {
 public:
  class Taker {
   public:
    virtual ~Taker() = default;
    // So many more may come. Never within a call of this taker's.
    virtual void OnBacklogGranted(std::uint64_t batches) = 0;
  };

  // References outlive the pool.
  BacklogPool(const Storage& storage, Clock& clock, boost::asio::any_io_executor core);
  ~BacklogPool();

  // The taker has so many to send, beyond what it is granted; replaces what it asked before. 0: it does not need what is
  // left of its grant either.
  void Ask(Taker& taker, std::uint64_t batches);
  // So many came. False: far more than were ever granted.
  bool Use(Taker& taker, std::uint64_t batches);
  // So many of those are stored or refused.
  void Done(Taker& taker, std::uint64_t batches);
  void Forget(Taker& taker);

  std::uint64_t granted() const { return out_; }  // not stored yet, of all takers

 private:
  struct Share {
    std::uint64_t wanted = 0;
    std::uint64_t unused = 0;     // granted, did not come yet
    std::uint64_t under_way = 0;  // came, not stored yet
    absl::Duration touched;       // boot clock, of the last grant or use
    bool queued = false;
  };

  void Enqueue(Taker& taker, Share& share);
  void GrantSoon(absl::Duration delay);
  void Grant();
  void TakeBackIdle();

  const Storage& storage_;
  Clock& clock_;
  const std::unique_ptr<Timer> timer_;
  bool soon_ = false;  // the timer is due at once
  absl::flat_hash_map<Taker*, Share> shares_;
  std::deque<Taker*> turns_;
  std::uint64_t out_ = 0;
};

}  // namespace steward::collector
