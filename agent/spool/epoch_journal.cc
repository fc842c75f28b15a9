#include "agent/spool/epoch_journal.h"

#include <algorithm>

#include "proto/wire/bytes.h"

namespace steward::agent {
namespace {

std::string SpansPayload(const std::vector<SequenceSpan>& spans) {
  std::string payload;
  for (const SequenceSpan& span : spans) {
    wire::AppendVarint(span.first, payload);
    wire::AppendVarint(span.last, payload);
  }
  return payload;
}

bool ReadSpans(std::string_view payload, IntervalSet& out) {
  wire::ByteReader in(payload);
  while (!in.at_end()) {
    const std::uint64_t first = in.Varint();
    const std::uint64_t last = in.Varint();
    if (!in.ok() || first > last) return false;
    out.Add(first, last);
  }
  return true;
}

std::string GapPayload(const SpoolGap& gap) {
  v1::GapDeclaration message;
  message.set_epoch(gap.epoch);
  message.mutable_range()->set_first(gap.range.first);
  message.mutable_range()->set_last(gap.range.last);
  message.set_cause(gap.cause);
  message.set_samples(gap.values);
  message.set_from_wall_ms(gap.from_wall_ms);
  message.set_to_wall_ms(gap.to_wall_ms);
  return message.SerializeAsString();
}

std::string SealedPayload(const SealedSegment& segment) {
  std::string payload;
  for (const std::uint64_t value :
       {segment.ordinal, segment.range.first, segment.range.last, segment.bytes, segment.values,
        wire::ZigZag(segment.anchor_wall_ms)}) {
    wire::AppendVarint(value, payload);
  }
  return payload;
}

}  // namespace

bool EpochJournal::Settled(std::uint64_t first, std::uint64_t last) const { return WaitingIn(first, last) == 0; }

std::uint64_t EpochJournal::WaitingIn(std::uint64_t first, std::uint64_t last) const {
  std::uint64_t waiting = 0;
  for (const SequenceSpan& span : committed_.Missing(first, last)) {
    waiting += span.last - span.first + 1 - given_up_.CountIn(span.first, span.last);
  }
  return waiting;
}

std::vector<SequenceSpan> EpochJournal::WaitingSpans(std::uint64_t first, std::uint64_t last) const {
  std::vector<SequenceSpan> waiting;
  for (const SequenceSpan& span : committed_.Missing(first, last)) {
    const std::vector<SequenceSpan> parts = given_up_.Missing(span.first, span.last);
    waiting.insert(waiting.end(), parts.begin(), parts.end());
  }
  return waiting;
}

void EpochJournal::AddCommitted(std::uint64_t first, std::uint64_t last, std::string& out) {
  if (first > last || committed_.Contains(first, last)) return;
  committed_.Add(first, last);
  AppendRecord(RecordType::kCommitted, SpansPayload({{first, last}}), out);
}

void EpochJournal::ReplaceCommitted(const IntervalSet& committed, std::string& out) {
  if (committed_ == committed) return;
  committed_ = committed;
  AppendRecord(RecordType::kCommittedSet, SpansPayload(committed_.spans()), out);
}

void EpochJournal::AddGap(const SpoolGap& gap, std::string& out) {
  if (gap.range.first > gap.range.last) return;
  RememberGap(gap);
  AppendRecord(RecordType::kGap, GapPayload(gap), out);
}

// Gaps of one cause that touch become one, so that months without a collector cost a few records.
void EpochJournal::RememberGap(SpoolGap gap) {
  given_up_.Add(gap.range.first, gap.range.last);
  ForgetGap(gap.range);
  std::erase_if(untold_, [&gap](const SpoolGap& other) {
    if (other.cause != gap.cause) return false;
    if (other.range.last + 1 != gap.range.first && gap.range.last + 1 != other.range.first) return false;
    gap.range = {std::min(gap.range.first, other.range.first), std::max(gap.range.last, other.range.last)};
    gap.values = gap.values == 0 || other.values == 0 ? 0 : gap.values + other.values;
    const bool timed = gap.to_wall_ms != 0 && other.to_wall_ms != 0;
    gap.from_wall_ms = timed ? std::min(gap.from_wall_ms, other.from_wall_ms) : 0;
    gap.to_wall_ms = timed ? std::max(gap.to_wall_ms, other.to_wall_ms) : 0;
    return true;
  });
  untold_.push_back(gap);
}

// Also of gaps that a merged one contains.
void EpochJournal::ForgetGap(SequenceSpan range) {
  std::erase_if(untold_, [range](const SpoolGap& gap) {
    return gap.range.first >= range.first && gap.range.last <= range.last;
  });
}

void EpochJournal::MarkGapTold(const SpoolGap& gap, std::string& out) {
  ForgetGap(gap.range);
  AppendRecord(RecordType::kGapTold, SpansPayload({gap.range}), out);
}

void EpochJournal::AddSealed(const SealedSegment& segment, std::string& out) {
  sealed_[segment.ordinal] = segment;
  AppendRecord(RecordType::kSealed, SealedPayload(segment), out);
}

bool EpochJournal::ReplayGap(std::string_view payload) {
  v1::GapDeclaration message;
  if (!message.ParseFromArray(payload.data(), static_cast<int>(payload.size()))) return false;
  const SequenceSpan range{message.range().first(), message.range().last()};
  if (range.first > range.last) return false;
  if (message.cause() == v1::GapDeclaration::CAUSE_UNSPECIFIED) {
    given_up_.Add(range.first, range.last);
  } else {
    RememberGap({epoch_, range, message.cause(), message.samples(), message.from_wall_ms(), message.to_wall_ms()});
  }
  return true;
}

bool EpochJournal::Replay(RecordType type, std::string_view payload) {
  IntervalSet spans;
  switch (type) {
    case RecordType::kCommitted:
      if (!ReadSpans(payload, spans)) return false;
      committed_.Add(spans);
      return true;
    case RecordType::kCommittedSet:
      if (!ReadSpans(payload, spans)) return false;
      committed_ = spans;
      return true;
    case RecordType::kGap:
      return ReplayGap(payload);
    case RecordType::kGapTold:
      if (!ReadSpans(payload, spans)) return false;
      for (const SequenceSpan& span : spans.spans()) ForgetGap(span);
      return true;
    case RecordType::kSealed: {
      wire::ByteReader in(payload);
      SealedSegment segment;
      segment.ordinal = in.Varint();
      segment.range.first = in.Varint();
      segment.range.last = in.Varint();
      segment.bytes = in.Varint();
      segment.values = in.Varint();
      segment.anchor_wall_ms = wire::UnZigZag(in.Varint());
      if (!in.ok() || segment.range.first > segment.range.last) return false;
      sealed_[segment.ordinal] = segment;
      return true;
    }
    default:
      return false;
  }
}

std::string EpochJournal::Compacted() const {
  std::string out;
  if (!committed_.empty()) AppendRecord(RecordType::kCommittedSet, SpansPayload(committed_.spans()), out);
  // What was given up and told already: a gap without a cause.
  for (const SequenceSpan& span : given_up_.spans()) {
    AppendRecord(RecordType::kGap, GapPayload({epoch_, span, v1::GapDeclaration::CAUSE_UNSPECIFIED}), out);
  }
  for (const SpoolGap& gap : untold_) AppendRecord(RecordType::kGap, GapPayload(gap), out);
  for (const auto& [ordinal, segment] : sealed_) AppendRecord(RecordType::kSealed, SealedPayload(segment), out);
  return out;
}

}  // namespace steward::agent
