// What Open does with the files it finds.
#include <algorithm>
#include <charconv>
#include <limits>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "agent/spool/record.h"
#include "agent/spool/segment_scan.h"
#include "agent/spool/spool.h"
#include "spdlog/spdlog.h"

namespace steward::agent {
namespace {

constexpr std::uint64_t kWhole = std::numeric_limits<std::uint64_t>::max();

bool ParseNumber(std::string_view text, int base, std::uint64_t& value) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  return error == std::errc() && end == text.data() + text.size() && !text.empty();
}

bool ConsumeSuffix(std::string_view& text, std::string_view suffix) {
  if (!text.ends_with(suffix)) return false;
  text.remove_suffix(suffix.size());
  return true;
}

}  // namespace

absl::Status Spool::Recover() {
  auto entries = parts_.disk.List(settings_.directory);
  if (!entries.ok()) return entries.status();
  std::vector<Segment> found;
  for (const SpoolEntry& entry : *entries) {
    std::string_view stem = entry.name;
    std::uint64_t epoch = 0;
    if (stem.ends_with(".damaged")) {
      damaged_[entry.name] = entry.bytes;
    } else if (stem.ends_with(".new")) {
      parts_.disk.Remove(PathOf(entry.name)).IgnoreError();
    } else if (ConsumeSuffix(stem, ".journal") && ParseNumber(stem, 16, epoch)) {
      RecoverJournal(entry.name, epoch, entry.bytes);
    } else if (ConsumeSuffix(stem, ".series") && ParseNumber(stem, 16, epoch)) {
      EpochOf(epoch).descriptor_bytes = entry.bytes;  // read and checked when it is sent
    } else if (ConsumeSuffix(stem, ".seg")) {
      const std::vector<std::string> parts = absl::StrSplit(std::string(stem), '-');
      Segment segment;
      if (parts.size() == 3 && ParseNumber(parts[0], 10, segment.ordinal) &&
          ParseNumber(parts[1], 16, segment.epoch) && ParseNumber(parts[2], 10, segment.range.first) &&
          segment.range.first > 0) {
        segment.bytes = entry.bytes;
        found.push_back(segment);
      }
    }
  }
  std::sort(found.begin(), found.end(), [](const Segment& a, const Segment& b) { return a.ordinal < b.ordinal; });
  for (Segment& segment : found) RecoverSegment(segment);
  std::vector<std::uint64_t> ids;
  for (auto& [id, epoch] : epochs_) {
    DeclareHoles(*epoch);
    ids.push_back(id);
  }
  ReadPreviousBootId();
  for (const std::uint64_t id : ids) DropEpochIfEmpty(id);
  return absl::OkStatus();
}

void Spool::RecoverJournal(const std::string& name, std::uint64_t id, std::uint64_t bytes) {
  Epoch& epoch = EpochOf(id);
  epoch.journal_bytes = bytes;
  const auto data = parts_.disk.Read(PathOf(name), 0, kWhole);
  std::size_t good = 0;
  bool damaged = !data.ok() || (!data->starts_with(kJournalMagic) && !kJournalMagic.starts_with(*data));
  if (!damaged && data->size() >= kMagicBytes) {
    RecordReader reader(std::string_view(*data).substr(kMagicBytes));
    RecordReader::Result result;
    while ((result = reader.Next()) == RecordReader::Result::kRecord) {
      if (!epoch.journal.Replay(reader.type(), reader.payload())) damaged = true;
    }
    good = kMagicBytes + reader.position();
    damaged |= result == RecordReader::Result::kDamaged && kMagicBytes + reader.after_damage() != data->size();
  }
  if (damaged) {
    spdlog::warn("spool: {} is damaged and set aside; the collector will tell what it has", PathOf(name).string());
    epoch.journal_damaged = true;
    if (parts_.disk.Rename(PathOf(name), PathOf(name + ".damaged")).ok()) damaged_[name + ".damaged"] = bytes;
    epoch.journal_bytes = 0;
    epoch.unwritten = epoch.journal.Compacted();
    WriteJournal(epoch);
  } else if (good < bytes) {
    parts_.disk.Truncate(PathOf(name), good).IgnoreError();
    epoch.journal_bytes = good;
  }
}

void Spool::RecoverSegment(Segment segment) {
  next_ordinal_ = std::max(next_ordinal_, segment.ordinal + 1);
  Epoch& epoch = EpochOf(segment.epoch);
  const auto sealed = epoch.journal.sealed().find(segment.ordinal);
  const bool is_sealed = sealed != epoch.journal.sealed().end();
  if (is_sealed && sealed->second.bytes == segment.bytes && sealed->second.range.first == segment.range.first) {
    segment.range.last = sealed->second.range.last;
    segment.values = sealed->second.values;
    segment.anchor_wall_ms = sealed->second.anchor_wall_ms;
    segments_.emplace(segment.ordinal, segment);
    return;
  }
  const std::filesystem::path path = SegmentPath(segment);
  const auto data = parts_.disk.Read(path, 0, kWhole);
  SegmentScan scan;
  if (data.ok()) scan = ScanSegment(*data, segment.epoch, segment.range.first);
  const bool damaged = !data.ok() || scan.end == SegmentScan::End::kDamaged || is_sealed;
  segment.range.last = scan.last_sequence;
  segment.values = scan.values;
  segment.anchor_wall_ms = scan.start.anchor_wall_ms();
  if (damaged) {
    segment.range.last = std::max(segment.range.last, scan.last_sequence_after_damage);
    if (is_sealed) segment.range.last = std::max(segment.range.last, sealed->second.range.last);
    segments_.emplace(segment.ordinal, segment);
    SetAside(segment.ordinal, scan.good_bytes, scan.last_sequence);
    return;
  }
  if (scan.last_sequence < segment.range.first) {  // begun, nothing whole in it
    parts_.disk.Remove(path).IgnoreError();
    return;
  }
  if (scan.good_bytes < segment.bytes) {
    spdlog::info("spool: cut a torn record of {} bytes off {}", segment.bytes - scan.good_bytes, path.string());
    parts_.disk.Truncate(path, scan.good_bytes).IgnoreError();
    segment.bytes = scan.good_bytes;
    // Of what else may have followed it nothing is known.
    DeclareWaiting(epoch, {segment.range.last + 1, segment.range.last + 1}, v1::GapDeclaration::DAMAGED, 0);
  }
  segments_.emplace(segment.ordinal, segment);
  epoch.journal.AddSealed({segment.ordinal, segment.range, segment.bytes, segment.values, segment.anchor_wall_ms},
                          epoch.unwritten);
  WriteJournal(epoch);
}

void Spool::DeclareHoles(Epoch& epoch) {
  IntervalSet held;
  std::vector<std::uint64_t> gone;
  std::uint64_t last = epoch.journal.committed().max();
  for (const auto& [ordinal, segment] : segments_) {
    if (segment.epoch == epoch.journal.epoch()) held.Add(segment.range.first, segment.range.last);
  }
  for (const auto& [ordinal, sealed] : epoch.journal.sealed()) {
    if (segments_.contains(ordinal)) continue;
    gone.push_back(ordinal);
    last = std::max(last, sealed.range.last);
  }
  for (const std::uint64_t ordinal : gone) epoch.journal.ForgetSealed(ordinal);
  last = std::max(last, held.max());
  if (epoch.journal_damaged || last == 0) return;
  for (const SequenceSpan& hole : held.Missing(1, last)) {
    DeclareWaiting(epoch, hole, v1::GapDeclaration::DAMAGED, 0);
  }
}

void Spool::ReadPreviousBootId() {
  if (segments_.empty()) return;
  const auto cursor = OpenSegment(segments_.rbegin()->first);
  if (cursor.ok()) previous_boot_id_ = (*cursor)->start().boot_id();
}

// Keeps what is whole under the old name and the damaged file beside it, and declares the rest.
void Spool::SetAside(std::uint64_t ordinal, std::uint64_t good_bytes, std::uint64_t good_last) {
  if (current_segment() == ordinal) SealCurrent();
  Segment& segment = segments_.at(ordinal);
  Epoch& epoch = EpochOf(segment.epoch);
  const std::filesystem::path path = SegmentPath(segment);
  const std::string damaged_name = path.filename().string() + ".damaged";
  const SequenceSpan lost{good_last + 1, segment.range.last};
  const WallSpan wall = WallSpanOf(ordinal);
  spdlog::warn("spool: {} is damaged after batch {}; set aside as {}", path.string(), good_last, damaged_name);
  bool prefix_kept = false;
  if (parts_.disk.Rename(path, PathOf(damaged_name)).ok()) {
    damaged_[damaged_name] = segment.bytes;
    prefix_kept = good_last >= segment.range.first && RewritePrefix(path, PathOf(damaged_name), good_bytes);
  }
  directory_changed_ = true;
  epoch.journal.ForgetSealed(ordinal);
  if (prefix_kept) {
    segment.range.last = good_last;
    segment.bytes = good_bytes;
    epoch.journal.AddSealed({ordinal, segment.range, good_bytes, segment.values, segment.anchor_wall_ms},
                            epoch.unwritten);
    DeclareWaiting(epoch, lost, v1::GapDeclaration::DAMAGED, 0, wall);
  } else {
    const SequenceSpan all{segment.range.first, std::max(segment.range.last, segment.range.first)};
    segments_.erase(ordinal);
    DeclareWaiting(epoch, all, v1::GapDeclaration::DAMAGED, 0, wall);
  }
}

bool Spool::RewritePrefix(const std::filesystem::path& file, const std::filesystem::path& damaged,
                          std::uint64_t good_bytes) {
  const auto data = parts_.disk.Read(damaged, 0, good_bytes);
  if (!data.ok() || data->size() != good_bytes) return false;
  const std::filesystem::path temporary = file.string() + ".new";
  auto out = parts_.disk.OpenForAppend(temporary);
  if (!out.ok() || !(*out)->Append(*data).ok() || !(*out)->Sync().ok()) return false;
  return parts_.disk.Rename(temporary, file).ok();
}

}  // namespace steward::agent
