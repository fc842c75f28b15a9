#include "collector/ingest/read_ahead.h"

#include <utility>

#include "collector/ingest/limits.h"

namespace steward::collector {

bool ReadAhead::StartRead() {
  if (read_under_way_ || half_closed_ || held_messages_ >= kReadAheadMessagesMax || held_bytes_ >= kReadAheadBytesMax) return false;
  read_under_way_ = true;
  return true;
}

ReadAhead::Next ReadAhead::Arrived(Incoming incoming) {
  const MutexLock lock(&mutex_);
  read_under_way_ = false;
  ++held_messages_;
  held_bytes_ += incoming.bytes;
  arrived_.push_back(std::move(incoming));
  return {.deliver = !std::exchange(round_posted_, true), .read = StartRead()};
}

ReadAhead::Next ReadAhead::HalfClosed() {
  const MutexLock lock(&mutex_);
  read_under_way_ = false;
  half_closed_ = true;
  return {.deliver = !std::exchange(round_posted_, true), .read = false};
}

bool ReadAhead::AskRound() {
  const MutexLock lock(&mutex_);
  return !std::exchange(round_posted_, true);
}

ReadAhead::Round ReadAhead::Fetch() {
  const MutexLock lock(&mutex_);
  half_closed_fetched_ = half_closed_;
  return {std::exchange(arrived_, {}), half_closed_};
}

ReadAhead::Next ReadAhead::EndRound(std::size_t messages, std::size_t bytes, bool wants_more, bool finishing) {
  const MutexLock lock(&mutex_);
  held_messages_ -= messages;
  held_bytes_ -= bytes;
  // What came during this round, and what was asked for in it, found a round posted and posted none.
  round_posted_ = finishing || wants_more || !arrived_.empty() || half_closed_ != half_closed_fetched_;
  return {.deliver = round_posted_ && !finishing, .read = !finishing && StartRead()};
}

}  // namespace steward::collector
