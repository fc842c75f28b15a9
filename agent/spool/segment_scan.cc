#include "agent/spool/segment_scan.h"

#include <algorithm>

#include "agent/spool/record.h"
#include "proto/wire/bytes.h"

namespace steward::agent {
namespace {

// How far behind a broken record the next whole one is looked for, and how many bytes are summed up for that.
constexpr std::size_t kSearchBytes = 256 * 1024;
constexpr std::size_t kSearchCrcBytes = 64 * 1024 * 1024;

// The highest sequence of the batches that follow a broken record, wherever they begin; 0 if there is none, so that
// nothing that was ever written follows: a cut or never filled tail, as a power cut leaves it.
std::uint64_t HighestSequenceAfter(std::string_view records) {
  std::uint64_t highest = 0;
  std::size_t skipped = 0;
  std::size_t summed = 0;
  while (!records.empty() && skipped < kSearchBytes && summed < kSearchCrcBytes) {
    RecordReader reader(records);
    std::uint64_t values = 0;
    v1::Batch batch;
    const RecordReader::Result result = reader.Next();
    if (result == RecordReader::Result::kRecord && reader.type() == RecordType::kBatch &&
        ReadBatchRecord(reader.payload(), values, batch)) {
      highest = std::max<std::uint64_t>(highest, batch.sequence());
      records.remove_prefix(reader.position());
      continue;
    }
    if (result == RecordReader::Result::kDamaged) summed += reader.after_damage();
    records.remove_prefix(1);
    ++skipped;
  }
  return highest;
}

}  // namespace

bool ReadBatchRecord(std::string_view payload, std::uint64_t& values, v1::Batch& batch) {
  wire::ByteReader in(payload);
  values = in.Varint();
  if (!in.ok()) return false;
  payload.remove_prefix(in.position());
  return batch.ParseFromArray(payload.data(), static_cast<int>(payload.size()));
}

SegmentScan ScanSegment(std::string_view file, std::uint64_t epoch, std::uint64_t first_sequence) {
  SegmentScan scan;
  scan.last_sequence = first_sequence - 1;
  if (file.size() < kMagicBytes) {
    scan.end = kSegmentMagic.starts_with(file) ? SegmentScan::End::kTorn : SegmentScan::End::kDamaged;
    return scan;
  }
  if (!file.starts_with(kSegmentMagic)) return scan;
  const std::string_view records = file.substr(kMagicBytes);
  RecordReader reader(records);
  bool understood = true;
  bool started = false;
  std::size_t good = 0;
  RecordReader::Result result;
  while ((result = reader.Next()) == RecordReader::Result::kRecord) {
    if (!started) {
      understood = reader.type() == RecordType::kSegmentStart &&
                   scan.start.ParseFromArray(reader.payload().data(), static_cast<int>(reader.payload().size())) &&
                   scan.start.epoch() == epoch && scan.start.first_sequence() == first_sequence;
      started = true;
    } else {
      std::uint64_t values = 0;
      v1::Batch batch;
      understood = reader.type() == RecordType::kBatch && ReadBatchRecord(reader.payload(), values, batch) &&
                   batch.sequence() == scan.last_sequence + 1;
      if (understood) {
        scan.last_sequence = batch.sequence();
        scan.values += values;
      }
    }
    if (!understood) break;
    good = reader.position();
  }
  scan.good_bytes = kMagicBytes + good;
  if (understood && result == RecordReader::Result::kEnd) {
    scan.end = SegmentScan::End::kWhole;
    return scan;
  }
  scan.last_sequence_after_damage = HighestSequenceAfter(records.substr(good));
  if (understood && scan.last_sequence_after_damage == 0) scan.end = SegmentScan::End::kTorn;
  return scan;
}

}  // namespace steward::agent
