// What the spool holds from before: segment by segment, newest first, as much at a time as the collector grants.
#include <algorithm>
#include <utility>
#include <vector>

#include "agent/uplink/session.h"
#include "spdlog/spdlog.h"

namespace steward::agent {
namespace {

// Of one message. A live batch waits for one such message at most.
constexpr int kGroupBatchesMax = 60;
constexpr std::size_t kGroupBytesMax = 256 * 1024;

}  // namespace

bool UplinkSession::PumpBacklog() {
  if (!takes_backlog_) return false;
  if (!backlog_) {
    const std::uint64_t ordinal = NextBacklogSegment();
    if (ordinal == 0) {
      if (backlog_credit_ > 0 || backlog_asked_ > 0) AskForBacklog(0);
      return !control_.empty();
    }
    if (backlog_credit_ == 0) {
      if (backlog_asked_ == 0) AskForBacklog(CountBacklog());
      return !control_.empty();
    }
    backlog_ = Open(ordinal);
    backlog_begun_ = false;
    return true;
  }
  if (backlog_credit_ == 0) {
    if (backlog_asked_ == 0) AskForBacklog(CountBacklog());
    return !control_.empty();
  }
  return WriteBacklogGroup();
}

void UplinkSession::AskForBacklog(std::uint64_t batches) {
  if (batches == 0) backlog_credit_ = 0;
  backlog_asked_ = batches;
  v1::AgentMessage message;
  message.mutable_backlog_request()->set_batches(batches);
  control_.push_back(std::move(message));
}

// The newest one that is older than what goes live.
std::uint64_t UplinkSession::NextBacklogSegment() const {
  const std::vector<std::uint64_t> waiting = parts_.spool.WaitingSegments();
  for (auto it = waiting.rbegin(); it != waiting.rend(); ++it) {
    if (*it == parts_.spool.current_segment() || (live_ && *it >= live_->ordinal())) continue;
    if (!done_.contains(*it)) return *it;
  }
  return 0;
}

// What is left of the open segment is counted as if it were whole: what was asked too much is given back at the end.
std::uint64_t UplinkSession::CountBacklog() const {
  std::uint64_t batches = 0;
  for (const std::uint64_t ordinal : parts_.spool.WaitingSegments()) {
    if (ordinal == parts_.spool.current_segment() || (live_ && ordinal >= live_->ordinal())) continue;
    if (!done_.contains(ordinal)) batches += parts_.spool.BatchesIn(ordinal);
  }
  return std::max<std::uint64_t>(batches, 1);
}

bool UplinkSession::WriteBacklogGroup() {
  v1::AgentMessage message;
  v1::Backlog& group = *message.mutable_backlog();
  if (!backlog_begun_) *group.mutable_segment() = backlog_->start();
  std::size_t bytes = 0;
  bool ended = false;
  while (backlog_credit_ > 0 && group.batches_size() < kGroupBatchesMax && bytes < kGroupBytesMax) {
    auto batch = backlog_->Next();
    if (!batch.ok()) spdlog::warn("uplink: a segment ends early: {}", std::string(batch.status().message()));
    ended = !batch.ok() || !batch->has_value();
    if (ended) break;
    bytes += (*batch)->ByteSizeLong();
    --backlog_credit_;
    NoteSent(backlog_under_way_, backlog_->epoch(), (*batch)->sequence());
    *group.add_batches() = **std::move(batch);
  }
  backlog_begun_ = true;
  if (ended) {
    done_.insert(backlog_->ordinal());
    backlog_.reset();
    QueueGaps();
  }
  if (group.batches().empty()) return true;
  Write(message);
  return true;
}

}  // namespace steward::agent
