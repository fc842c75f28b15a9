// The uplink's side of the spool: what is held, what waits, and reading it.
#include <algorithm>
#include <limits>
#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"
#include "agent/spool/record.h"
#include "agent/spool/segment_scan.h"
#include "agent/spool/spool.h"
#include "proto/wire/sha256.h"
#include "spdlog/spdlog.h"

namespace steward::agent {
namespace {

constexpr std::size_t kReadBytes = 64 * 1024;

bool ConsumePrefix(std::string_view& text, std::string_view prefix) {
  if (!text.starts_with(prefix)) return false;
  text.remove_prefix(prefix.size());
  return true;
}

}  // namespace

std::vector<v1::EpochRanges> Spool::Held() const {
  std::vector<v1::EpochRanges> held;  // segments are in the order of their making, so epochs come by age
  for (const auto& [ordinal, segment] : segments_) {
    if (segment.range.last < segment.range.first) continue;
    auto it = std::find_if(held.begin(), held.end(), [epoch = segment.epoch](const auto& e) { return e.epoch() == epoch; });
    if (it == held.end()) {
      it = held.emplace(held.end());
      it->set_epoch(segment.epoch);
    }
    if (it->ranges_size() > 0 && it->ranges(it->ranges_size() - 1).last() + 1 == segment.range.first) {
      it->mutable_ranges(it->ranges_size() - 1)->set_last(segment.range.last);
    } else {
      v1::SequenceRange* range = it->add_ranges();
      range->set_first(segment.range.first);
      range->set_last(segment.range.last);
    }
  }
  return held;
}

void Spool::ReplaceCommitted(std::uint64_t id, const IntervalSet& committed) {
  const auto it = epochs_.find(id);
  if (it == epochs_.end()) return;
  Epoch& epoch = *it->second;
  IntervalSet lost = epoch.journal.committed();
  const std::uint64_t last = std::max(LastSequence(id), lost.max());
  for (const auto& [ordinal, segment] : segments_) {
    if (segment.epoch == id) lost.Remove(segment.range.first, segment.range.last);
  }
  for (const SequenceSpan& span : committed.spans()) lost.Remove(span.first, span.last);
  IntervalSet result;
  for (const SequenceSpan& span : committed.spans()) result.Add(span.first, std::min(span.last, last));
  epoch.journal.ReplaceCommitted(result, epoch.unwritten);
  epoch.journal_damaged = false;
  // Acknowledged once, and gone from here since; now the collector does not have them any more either.
  for (const SequenceSpan& span : lost.spans()) DeclareWaiting(epoch, span, v1::GapDeclaration::SPOOL_FULL, 0);
  WriteJournal(epoch);
}

void Spool::KeepCommitted(std::uint64_t id, const IntervalSet& committed) {
  const auto it = epochs_.find(id);
  if (it == epochs_.end()) return;
  IntervalSet both = it->second->journal.committed();
  for (const SequenceSpan& span : it->second->journal.committed().spans()) {
    for (const SequenceSpan& missing : committed.Missing(span.first, span.last)) both.Remove(missing.first, missing.last);
  }
  ReplaceCommitted(id, both);
}

void Spool::MarkCommitted(std::uint64_t id, std::uint64_t first, std::uint64_t last) {
  const auto it = epochs_.find(id);
  if (it == epochs_.end()) return;
  full_logged_ = false;
  it->second->journal.AddCommitted(first, std::min(last, LastSequence(id)), it->second->unwritten);
  WriteJournal(*it->second);
}

void Spool::MarkRefused(std::uint64_t id, std::uint64_t first, std::uint64_t last) {
  const auto it = epochs_.find(id);
  last = std::min(last, LastSequence(id));
  if (it == epochs_.end() || first > last) return;
  DeclareWaiting(*it->second, {first, last}, v1::GapDeclaration::REFUSED, 0);
  if (current_ && id == epoch_ && last >= segments_.at(current_->ordinal).range.first) CutSegment();
}

void Spool::CutSegmentIfSettled() {
  if (!current_) return;
  const Segment& segment = segments_.at(current_->ordinal);
  const std::uint64_t stored = segment.range.last - segment.range.first + 1;
  if (EpochOf(segment.epoch).journal.WaitingIn(segment.range.first, segment.range.last) < stored) CutSegment();
}

void Spool::SealSegmentIfWaiting(std::uint64_t batches) {
  if (!current_) return;
  const Segment& segment = segments_.at(current_->ordinal);
  if (EpochOf(segment.epoch).journal.WaitingIn(segment.range.first, segment.range.last) > batches) SealCurrent();
}

// What is beyond cannot have been committed or refused, whatever a collector says.
std::uint64_t Spool::LastSequence(std::uint64_t id) const {
  if (id == epoch_) return next_sequence_ - 1;
  std::uint64_t last = 0;
  for (const auto& [ordinal, segment] : segments_) {
    if (segment.epoch == id) last = std::max(last, segment.range.last);
  }
  return last;
}

bool Spool::IsSettled(std::uint64_t id, std::uint64_t sequence) const {
  const Epoch* epoch = FindEpoch(id);
  return epoch == nullptr || epoch->journal.Settled(sequence, sequence);
}

std::vector<std::uint64_t> Spool::WaitingSegments() const {
  std::vector<std::uint64_t> waiting;
  for (const auto& [ordinal, segment] : segments_) {
    if (!FindEpoch(segment.epoch)->journal.Settled(segment.range.first, segment.range.last)) waiting.push_back(ordinal);
  }
  return waiting;
}

std::uint64_t Spool::BatchesIn(std::uint64_t ordinal) const {
  const auto it = segments_.find(ordinal);
  return it == segments_.end() ? 0 : it->second.range.last - it->second.range.first + 1;
}

std::optional<v1::CommittedMark> Spool::NewestCommitted() {
  for (auto it = segments_.rbegin(); it != segments_.rend(); ++it) {
    const Segment& segment = it->second;
    const IntervalSet& committed = FindEpoch(segment.epoch)->journal.committed();
    for (std::uint64_t sequence = segment.range.last; sequence >= segment.range.first; --sequence) {
      if (committed.Contains(sequence)) return MarkOf(segment.epoch, sequence);
    }
  }
  return std::nullopt;
}

std::optional<v1::CommittedMark> Spool::MarkOf(std::uint64_t epoch, std::uint64_t sequence) {
  for (const auto& [ordinal, segment] : segments_) {
    if (segment.epoch != epoch || sequence < segment.range.first || sequence > segment.range.last) continue;
    auto cursor = OpenSegment(ordinal);  // if it is damaged, `segment` is gone after it
    while (cursor.ok()) {
      auto batch = (*cursor)->Next();
      if (!batch.ok() || !batch->has_value()) break;
      if ((*batch)->sequence() != sequence) continue;
      v1::CommittedMark mark;
      mark.set_epoch(epoch);
      mark.set_sequence(sequence);
      mark.set_payload_sha256(wire::Sha256((*batch)->samples()));
      return mark;
    }
    return std::nullopt;
  }
  return std::nullopt;
}

absl::StatusOr<std::unique_ptr<SegmentCursor>> Spool::OpenSegment(std::uint64_t ordinal) {
  const auto it = segments_.find(ordinal);
  if (it == segments_.end()) return absl::NotFoundError("this segment is not in the spool any more");
  const Segment& segment = it->second;
  std::unique_ptr<SegmentCursor> cursor(new SegmentCursor(*this, ordinal));
  cursor->epoch_ = segment.epoch;
  cursor->next_sequence_ = segment.range.first;
  if (absl::Status status = cursor->Fill(); !status.ok()) return status;
  std::string_view data = cursor->buffer_;
  bool whole = ConsumePrefix(data, kSegmentMagic);
  RecordReader reader(data);
  whole = whole && reader.Next() == RecordReader::Result::kRecord && reader.type() == RecordType::kSegmentStart &&
          cursor->start_.ParseFromArray(reader.payload().data(), static_cast<int>(reader.payload().size())) &&
          cursor->start_.epoch() == segment.epoch && cursor->start_.first_sequence() == segment.range.first;
  if (!whole) {
    const std::string message = absl::StrCat(SegmentPath(segment).string(), " is damaged from its start on");
    SetAside(ordinal, 0, segment.range.first - 1);
    return absl::DataLossError(message);
  }
  cursor->position_ = kMagicBytes + reader.position();
  cursor->offset_ = cursor->position_;
  return cursor;
}

// Drops what was consumed from the buffer and reads on behind what is left of it.
absl::Status SegmentCursor::Fill() {
  const Spool::Segment& segment = spool_.segments_.at(ordinal_);
  buffer_.erase(0, std::exchange(position_, 0));
  const std::uint64_t from = offset_ + buffer_.size();
  if (buffer_.empty() && spool_.current_segment() == ordinal_ && from == spool_.current_->last_offset) {
    buffer_ = spool_.current_->last_record;  // the usual case: what was just written, still in memory
    return absl::OkStatus();
  }
  const std::uint64_t bytes = std::min<std::uint64_t>(segment.bytes - std::min(segment.bytes, from), kReadBytes);
  auto data = spool_.parts_.disk.Read(spool_.SegmentPath(segment), from, bytes);
  if (absl::IsNotFound(data.status())) data = std::string();  // deleted behind our back: nothing whole is left
  if (!data.ok()) return data.status();
  buffer_.append(*data);
  return absl::OkStatus();
}

absl::StatusOr<std::optional<v1::Batch>> SegmentCursor::Next() {
  while (true) {
    const auto it = spool_.segments_.find(ordinal_);
    if (it == spool_.segments_.end()) return absl::NotFoundError("this segment is not in the spool any more");
    if (next_sequence_ > it->second.range.last) {
      std::string().swap(buffer_);
      position_ = 0;
      return std::nullopt;
    }
    RecordReader reader(std::string_view(buffer_).substr(position_));
    const RecordReader::Result result = reader.Next();
    if (result == RecordReader::Result::kEnd || result == RecordReader::Result::kShort) {
      const std::size_t before = buffer_.size() - position_;
      if (absl::Status status = Fill(); !status.ok()) return status;
      if (buffer_.size() > before) continue;
    } else if (result == RecordReader::Result::kRecord) {
      std::uint64_t values = 0;
      v1::Batch batch;
      if (reader.type() == RecordType::kBatch && ReadBatchRecord(reader.payload(), values, batch) &&
          batch.sequence() == next_sequence_) {
        position_ += reader.position();
        offset_ += reader.position();
        ++next_sequence_;
        return batch;
      }
    }
    const std::string message = absl::StrCat("a segment of the spool is damaged at byte ", offset_);
    spool_.SetAside(ordinal_, offset_, next_sequence_ - 1);
    return absl::DataLossError(message);
  }
}

absl::StatusOr<std::vector<v1::DescriptorSet>> Spool::ReadDescriptors(std::uint64_t id, std::uint64_t& offset) {
  std::vector<v1::DescriptorSet> sets;
  const auto it = epochs_.find(id);
  if (it == epochs_.end() || offset >= it->second->descriptor_bytes) return sets;
  Epoch& epoch = *it->second;
  const std::filesystem::path path = EpochPath(id, "series");
  const auto data = parts_.disk.Read(path, offset, epoch.descriptor_bytes - offset);
  if (!data.ok()) return data.status();
  std::string_view records = *data;
  if (offset == 0 && !ConsumePrefix(records, kDescriptorMagic)) records = {};
  RecordReader reader(records);
  while (reader.Next() == RecordReader::Result::kRecord) {
    v1::DescriptorSet set;
    if (reader.type() == RecordType::kDescriptors &&
        set.ParseFromArray(reader.payload().data(), static_cast<int>(reader.payload().size())) && set.epoch() == id) {
      sets.push_back(std::move(set));
    }
  }
  if (reader.position() < records.size() || (offset == 0 && records.empty())) {
    // Series that are missing make the collector refuse the batches that hold them; those are declared then.
    spdlog::warn("spool: {} ends in damage at byte {}", path.string(), offset + (data->size() - records.size()) + reader.position());
  }
  offset = epoch.descriptor_bytes;
  return sets;
}

bool Spool::HasDescriptorsAfter(std::uint64_t id, std::uint64_t offset) const {
  const Epoch* epoch = FindEpoch(id);
  return epoch != nullptr && offset < epoch->descriptor_bytes;
}

std::vector<SpoolGap> Spool::UntoldGaps() const {
  std::vector<SpoolGap> gaps;
  for (const auto& [id, epoch] : epochs_) {
    gaps.insert(gaps.end(), epoch->journal.untold_gaps().begin(), epoch->journal.untold_gaps().end());
  }
  return gaps;
}

void Spool::MarkGapTold(const SpoolGap& gap) {
  const auto it = epochs_.find(gap.epoch);
  if (it == epochs_.end()) return;
  it->second->journal.MarkGapTold(gap, it->second->unwritten);
  WriteJournal(*it->second);
  DropEpochIfEmpty(gap.epoch);
}

}  // namespace steward::agent
