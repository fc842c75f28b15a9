#include "collector/ingest/backlog_pool.h"

#include <algorithm>
#include <utility>

#include "collector/ingest/limits.h"

namespace steward::collector {

BacklogPool::BacklogPool(const Storage& storage, Clock& clock, boost::asio::any_io_executor core)
    : storage_(storage), clock_(clock), timer_(clock.NewTimer(std::move(core))) {}

BacklogPool::~BacklogPool() = default;

void BacklogPool::Ask(Taker& taker, std::uint64_t batches) {
  Share& share = shares_[&taker];
  share.wanted = batches;
  if (batches == 0) out_ -= std::exchange(share.unused, 0);
  Enqueue(taker, share);
  GrantSoon(absl::ZeroDuration());
}

bool BacklogPool::Use(Taker& taker, std::uint64_t batches) {
  Share& share = shares_[&taker];
  const std::uint64_t granted = std::min(batches, share.unused);
  share.unused -= granted;
  // More than granted: a grant was taken back while they were on their way.
  out_ += batches - granted;
  share.under_way += batches;
  share.touched = clock_.BootNow();
  return share.under_way <= 2 * kBacklogPerStreamMax;
}

void BacklogPool::Done(Taker& taker, std::uint64_t batches) {
  const auto found = shares_.find(&taker);
  if (found == shares_.end()) return;
  batches = std::min(batches, found->second.under_way);
  found->second.under_way -= batches;
  out_ -= batches;
  Enqueue(taker, found->second);
  GrantSoon(absl::ZeroDuration());
}

void BacklogPool::Forget(Taker& taker) {
  const auto found = shares_.find(&taker);
  if (found == shares_.end()) return;
  out_ -= found->second.unused + found->second.under_way;
  if (found->second.queued) turns_.erase(std::find(turns_.begin(), turns_.end(), &taker));
  shares_.erase(found);
  GrantSoon(absl::ZeroDuration());
}

void BacklogPool::Enqueue(Taker& taker, Share& share) {
  if (share.queued || share.wanted == 0 || share.unused + share.under_way >= kBacklogPerStreamMax) return;
  share.queued = true;
  turns_.push_back(&taker);
}

void BacklogPool::GrantSoon(absl::Duration delay) {
  if (turns_.empty() || soon_) return;
  soon_ = delay == absl::ZeroDuration();
  timer_->Start(delay, [this] {
    soon_ = false;
    Grant();
  });
}

void BacklogPool::Grant() {
  if (out_ >= kBacklogBatchesMax) TakeBackIdle();
  while (!turns_.empty() && out_ < kBacklogBatchesMax && storage_.QueuedBytes() <= kBacklogQueueBytesMax) {
    Taker& taker = *turns_.front();
    turns_.pop_front();
    Share& share = shares_.at(&taker);
    share.queued = false;
    const std::uint64_t batches = std::min({share.wanted, kBacklogTurnBatches, kBacklogBatchesMax - out_});
    if (batches == 0) continue;
    share.wanted -= batches;
    share.unused += batches;
    share.touched = clock_.BootNow();
    out_ += batches;
    Enqueue(taker, share);
    taker.OnBacklogGranted(batches);
  }
  // What was stored calls here by Done; only idle grants and other streams' writes are looked after by the clock.
  GrantSoon(storage_.QueuedBytes() > kBacklogQueueBytesMax ? kBackpressureRecheck : absl::Seconds(1));
}

void BacklogPool::TakeBackIdle() {
  const absl::Duration now = clock_.BootNow();
  for (auto& [taker, share] : shares_) {
    if (share.unused > 0 && now - share.touched >= kBacklogGrantIdle) out_ -= std::exchange(share.unused, 0);
  }
}

}  // namespace steward::collector
