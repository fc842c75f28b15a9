#include "agent/spool/spool.h"

#include <algorithm>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_format.h"
#include "agent/spool/record.h"
#include "proto/wire/bytes.h"
#include "proto/wire/descriptor.h"
#include "spdlog/spdlog.h"

namespace steward::agent {
namespace {

constexpr int kSeriesPerRecord = 256;                     // keeps a descriptor message far below gRPC's 4 MiB
constexpr std::uint64_t kJournalCompactBytes = 64 * 1024;   // or a sixteenth of the budget, if that is less
constexpr std::size_t kUnwrittenJournalBytesMax = 64 * 1024;
constexpr int kDropsForOneWrite = 4;                      // settled segments given up to make room for one batch

std::int64_t HourOf(absl::Time wall) { return absl::ToUnixSeconds(wall) / 3600; }

std::uint64_t CountValues(const wire::SampleBatch& batch) {
  std::uint64_t values = 0;
  for (const wire::GroupSample& group : batch.groups) values += group.values.size();
  return values;
}

}  // namespace

void Spool::Kinds::Add(const v1::SeriesDescriptor& series) {
  if (series.id() > wire::kSeriesIdMax) return;
  if (series_.size() <= series.id()) series_.resize(series.id() + 1);
  series_[series.id()] = series.group() * 2 + (series.kind() == v1::VALUE_KIND_DOUBLE ? 1 : 0);
}

Spool::Spool(SpoolSettings settings, SpoolParts parts) : settings_(std::move(settings)), parts_(std::move(parts)) {}

Spool::~Spool() = default;

absl::StatusOr<std::unique_ptr<Spool>> Spool::Open(SpoolSettings settings, SpoolParts parts) {
  std::unique_ptr<Spool> spool(new Spool(std::move(settings), std::move(parts)));
  if (absl::Status status = spool->parts_.disk.CreateDirectories(spool->settings_.directory); !status.ok()) {
    return status;
  }
  if (absl::Status status = spool->Recover(); !status.ok()) return status;
  spool->StartEpoch();
  spool->last_sync_ = spool->parts_.clock.BootNow();
  spool->EnforceBudget();
  return spool;
}

void Spool::StartEpoch() {
  SealCurrent();
  FlushGapBeingMade();
  const std::uint64_t before = epoch_;
  do {
    epoch_ = parts_.random();
  } while (epoch_ == 0 || epochs_.contains(epoch_));
  EpochOf(epoch_);
  next_sequence_ = 1;
  kinds_.Clear();
  unwritten_series_.Clear();
  if (before != 0) DropEpochIfEmpty(before);
}

Spool::Epoch& Spool::EpochOf(std::uint64_t id) {
  std::unique_ptr<Epoch>& epoch = epochs_[id];
  if (!epoch) epoch = std::make_unique<Epoch>(id);
  return *epoch;
}

const Spool::Epoch* Spool::FindEpoch(std::uint64_t id) const {
  const auto it = epochs_.find(id);
  return it == epochs_.end() ? nullptr : it->second.get();
}

std::filesystem::path Spool::SegmentPath(const Segment& segment) const {
  return PathOf(absl::StrFormat("%010d-%016x-%d.seg", segment.ordinal, segment.epoch, segment.range.first));
}

std::filesystem::path Spool::EpochPath(std::uint64_t epoch, std::string_view suffix) const {
  return PathOf(absl::StrFormat("%016x.%s", epoch, std::string(suffix)));
}

absl::StatusOr<std::uint64_t> Spool::Append(v1::DescriptorSet new_series, const wire::SampleBatch& batch,
                                            const std::vector<v1::MachineEvent>& events) {
  for (const v1::SeriesDescriptor& series : new_series.series()) kinds_.Add(series);
  unwritten_series_.mutable_groups()->MergeFrom(new_series.groups());
  unwritten_series_.mutable_series()->MergeFrom(new_series.series());

  const std::uint64_t sequence = next_sequence_;
  absl::Status status = WriteBatch(batch, events, sequence);
  for (int drops = 0; absl::IsResourceExhausted(status) && drops < kDropsForOneWrite && DropOneSettled(); ++drops) {
    status = WriteBatch(batch, events, sequence);
  }
  if (absl::IsInvalidArgument(status)) return status;
  next_sequence_ = sequence + 1;
  if (!status.ok()) {
    NoteWriteFailure(status, sequence, CountValues(batch));
    return status;
  }
  NoteWriteSuccess();
  if (SyncIsDue()) {
    if (absl::Status sync = Sync(); !sync.ok()) spdlog::warn("spool: {}", std::string(sync.message()));
  }
  EnforceBudget();
  return sequence;
}

absl::Status Spool::WriteBatch(const wire::SampleBatch& batch, const std::vector<v1::MachineEvent>& events,
                               std::uint64_t sequence) {
  if (absl::Status status = WriteDescriptors(); !status.ok()) return status;
  if (current_ && MustCut()) SealCurrent();

  std::string bytes;
  if (!current_) {
    if (absl::Status status = BeginSegment(sequence, bytes); !status.ok()) return status;
  }
  Segment& segment = segments_.at(current_->ordinal);
  const bool empty = segment.bytes == 0;
  const auto discard_empty = [this, &segment, empty] {  // the next batch begins with a key frame in any case
    if (!empty) return SealCurrent();
    const std::filesystem::path path = SegmentPath(segment);
    segments_.erase(segment.ordinal);
    current_.reset();
    parts_.disk.Remove(path).IgnoreError();
  };

  v1::Batch message;
  message.set_sequence(sequence);
  for (const v1::MachineEvent& event : events) *message.add_events() = event;
  const absl::Status encoded = current_->encoder->Encode(batch, *message.mutable_samples());
  if (!encoded.ok()) {
    if (empty) discard_empty();
    return encoded;
  }
  const std::uint64_t values = CountValues(batch);
  std::string payload;
  wire::AppendVarint(values, payload);
  message.AppendToString(&payload);
  const std::size_t record_begin = bytes.size();
  AppendRecord(RecordType::kBatch, payload, bytes);

  if (absl::Status status = current_->file->Append(bytes); !status.ok()) {
    discard_empty();
    return status;
  }
  current_->last_offset = segment.bytes + record_begin;
  current_->last_record.assign(bytes, record_begin, std::string::npos);
  segment.bytes += bytes.size();
  segment.values += values;
  segment.range.last = sequence;
  return absl::OkStatus();
}

absl::Status Spool::WriteDescriptors() {
  if (unwritten_series_.groups().empty() && unwritten_series_.series().empty()) return absl::OkStatus();
  Epoch& epoch = EpochOf(epoch_);
  std::string bytes(epoch.descriptor_bytes == 0 ? kDescriptorMagic : std::string_view());
  for (int begin = 0; begin == 0 || begin < unwritten_series_.series_size(); begin += kSeriesPerRecord) {
    v1::DescriptorSet part;
    part.set_epoch(epoch_);
    if (begin == 0) *part.mutable_groups() = unwritten_series_.groups();
    const int end = std::min(begin + kSeriesPerRecord, unwritten_series_.series_size());
    for (int i = begin; i < end; ++i) *part.add_series() = unwritten_series_.series(i);
    AppendRecord(RecordType::kDescriptors, part.SerializeAsString(), bytes);
  }
  const std::filesystem::path path = EpochPath(epoch_, "series");
  auto file = parts_.disk.OpenForAppend(path);
  if (!file.ok()) return file.status();
  if (absl::Status status = (*file)->Append(bytes); !status.ok()) return status;
  if (epoch.descriptor_bytes == 0) directory_changed_ = true;
  epoch.descriptor_bytes += bytes.size();
  unsynced_.insert(path);
  v1::DescriptorSet().Swap(&unwritten_series_);
  return absl::OkStatus();
}

absl::Status Spool::BeginSegment(std::uint64_t sequence, std::string& first_bytes) {
  const absl::Time wall = parts_.clock.WallNow();
  const absl::Duration boot = parts_.clock.BootNow();
  Segment segment;
  segment.ordinal = next_ordinal_;
  segment.epoch = epoch_;
  segment.range = {sequence, sequence - 1};
  segment.anchor_wall_ms = absl::ToUnixMillis(wall);
  segment.anchor_boot = boot;
  auto file = parts_.disk.OpenForAppend(SegmentPath(segment));
  if (!file.ok()) return file.status();

  v1::SegmentStart start;
  start.set_epoch(epoch_);
  start.set_first_sequence(sequence);
  start.set_boot_id(parts_.boot_id);
  start.set_anchor_boot_ms(absl::ToInt64Milliseconds(boot));
  start.set_anchor_wall_ms(segment.anchor_wall_ms);
  first_bytes.append(kSegmentMagic);
  AppendRecord(RecordType::kSegmentStart, start.SerializeAsString(), first_bytes);

  ++next_ordinal_;
  Current opened;
  opened.ordinal = segment.ordinal;
  opened.file = *std::move(file);
  opened.encoder = std::make_unique<wire::SegmentEncoder>(kinds_);
  opened.begin_boot = boot;
  current_ = std::move(opened);
  current_->hour = HourOf(wall);
  cut_requested_ = false;
  directory_changed_ = true;
  segments_.emplace(segment.ordinal, segment);
  return absl::OkStatus();
}

bool Spool::MustCut() const {
  return cut_requested_ || parts_.clock.BootNow() - current_->begin_boot >= settings_.segment_max ||
         HourOf(parts_.clock.WallNow()) != current_->hour;
}

void Spool::CutSegment() { cut_requested_ = true; }

void Spool::SealCurrent() {
  if (!current_) return;
  const Segment& segment = segments_.at(current_->ordinal);
  if (settings_.sync_interval != absl::InfiniteDuration()) current_->file->Sync().IgnoreError();
  current_.reset();
  Epoch& epoch = EpochOf(segment.epoch);
  epoch.journal.AddSealed({segment.ordinal, segment.range, segment.bytes, segment.values, segment.anchor_wall_ms},
                          epoch.unwritten);
  WriteJournal(epoch);
}

void Spool::NoteWriteFailure(const absl::Status& status, std::uint64_t sequence, std::uint64_t values) {
  if (fault_.empty()) {
    spdlog::error("spool: {}; samples are lost until there is room again, they are declared as a gap",
                  std::string(status.message()));
  }
  fault_ = std::string(status.message());
  ++batches_given_up_;
  const std::int64_t now_ms = absl::ToUnixMillis(parts_.clock.WallNow());
  if (!gap_being_made_) {
    gap_being_made_ = SpoolGap{epoch_, {sequence, sequence}, v1::GapDeclaration::DISK_FULL, 0, now_ms, now_ms};
  }
  gap_being_made_->to_wall_ms = now_ms;
  gap_being_made_->range.last = sequence;
  gap_being_made_->values += values;
}

void Spool::NoteWriteSuccess() {
  if (fault_.empty()) return;
  spdlog::info("spool: can be written again");
  fault_.clear();
  FlushGapBeingMade();
}

void Spool::FlushGapBeingMade() {
  if (!gap_being_made_) return;
  Epoch& epoch = EpochOf(gap_being_made_->epoch);
  epoch.journal.AddGap(*gap_being_made_, epoch.unwritten);
  gap_being_made_.reset();
  WriteJournal(epoch);
}

void Spool::WriteJournal(Epoch& epoch) {
  if (epoch.unwritten.empty()) return;
  const std::filesystem::path path = EpochPath(epoch.journal.epoch(), "journal");
  std::string bytes(epoch.journal_bytes == 0 ? kJournalMagic : std::string_view());
  bytes.append(epoch.unwritten);
  auto file = parts_.disk.OpenForAppend(path);
  absl::Status status = file.status();
  if (status.ok()) status = (*file)->Append(bytes);
  if (!status.ok()) {  // tried again with the next record; it must not grow without bound meanwhile
    if (epoch.unwritten.size() > kUnwrittenJournalBytesMax) epoch.unwritten = epoch.journal.Compacted();
    return;
  }
  if (epoch.journal_bytes == 0) directory_changed_ = true;
  epoch.journal_bytes += bytes.size();
  epoch.unwritten.clear();
  unsynced_.insert(path);
  if (epoch.journal_bytes > std::min(kJournalCompactBytes, settings_.bytes_max / 16)) CompactJournal(epoch);
}

void Spool::CompactJournal(Epoch& epoch) {
  const std::string bytes = std::string(kJournalMagic) + epoch.journal.Compacted();
  if (bytes.size() > epoch.journal_bytes / 2) return;
  const std::filesystem::path path = EpochPath(epoch.journal.epoch(), "journal");
  const std::filesystem::path temporary = EpochPath(epoch.journal.epoch(), "journal.new");
  parts_.disk.Remove(temporary).IgnoreError();
  auto file = parts_.disk.OpenForAppend(temporary);
  absl::Status status = file.status();
  if (status.ok()) status = (*file)->Append(bytes);
  if (status.ok()) status = (*file)->Sync();
  if (status.ok()) status = parts_.disk.Rename(temporary, path);
  if (!status.ok()) {
    parts_.disk.Remove(temporary).IgnoreError();
    return;
  }
  directory_changed_ = true;
  epoch.journal_bytes = bytes.size();
}

// Judged by the pace of the batches: the one that is written now must not wait for a next one that comes too late.
bool Spool::SyncIsDue() {
  const absl::Duration now = parts_.clock.BootNow();
  const absl::Duration pace = now - std::exchange(last_append_, now);
  return settings_.sync_interval != absl::InfiniteDuration() && now - last_sync_ + pace / 2 >= settings_.sync_interval;
}

absl::Status Spool::Sync() {
  last_sync_ = parts_.clock.BootNow();
  absl::Status result;
  if (current_) result.Update(current_->file->Sync());
  for (const std::filesystem::path& path : unsynced_) {
    if (auto file = parts_.disk.OpenForAppend(path); file.ok()) result.Update((*file)->Sync());
  }
  unsynced_.clear();
  if (std::exchange(directory_changed_, false)) result.Update(parts_.disk.SyncDirectory(settings_.directory));
  return result;
}

absl::Status Spool::Close() {
  SealCurrent();
  FlushGapBeingMade();
  for (auto& [id, epoch] : epochs_) WriteJournal(*epoch);
  return Sync();
}

}  // namespace steward::agent
