// What is sampled now, and what belongs to the same segment: each batch a message of its own, as soon as it is there.
#include <algorithm>
#include <utility>

#include "agent/uplink/session.h"
#include "spdlog/spdlog.h"

namespace steward::agent {

bool UplinkSession::PumpLive() {
  if (under_way_count_ >= window_) return false;
  // Held up for more than a segment: what is newest goes first, the rest of this one becomes backlog.
  if (takes_backlog_ && live_ && parts_.spool.current_segment() > live_->ordinal() + 1) live_.reset();
  if (!live_) {
    const std::uint64_t ordinal = NextLiveSegment();
    if (ordinal == 0) return false;
    live_ordinal_ = ordinal;
    live_ = Open(ordinal);
    if (!live_) return true;
    v1::AgentMessage message;
    *message.mutable_segment() = live_->start();
    control_.push_back(std::move(message));
    return true;
  }
  if (parts_.spool.HasDescriptorsAfter(live_->epoch(), descriptor_offset_[live_->epoch()])) {
    QueueDescriptors(live_->epoch());
    return !control_.empty();
  }
  return WriteNextBatch();
}

std::uint64_t UplinkSession::NextLiveSegment() const {
  const std::uint64_t current = parts_.spool.current_segment();
  for (const std::uint64_t ordinal : parts_.spool.WaitingSegments()) {
    if (done_.contains(ordinal)) continue;
    if (!takes_backlog_) return ordinal;
    // The current one, or the one before it if this stream has followed them so far.
    if (ordinal == current || (ordinal + 1 == current && live_ordinal_ != 0 && ordinal > live_ordinal_)) return ordinal;
  }
  return 0;
}

bool UplinkSession::WriteNextBatch() {
  auto batch = live_->Next();
  if (!batch.ok()) {
    spdlog::warn("uplink: a segment ends early: {}", std::string(batch.status().message()));
    EndSegment();
    QueueGaps();
    return true;
  }
  if (!batch->has_value()) {
    if (live_->ordinal() == parts_.spool.current_segment()) return false;
    EndSegment();
    return true;
  }
  v1::AgentMessage message;
  *message.mutable_batch() = **std::move(batch);
  NoteSent(under_way_, live_->epoch(), message.batch().sequence());
  Write(message);
  return true;
}

void UplinkSession::EndSegment() {
  done_.insert(live_->ordinal());
  live_.reset();
}

}  // namespace steward::agent
