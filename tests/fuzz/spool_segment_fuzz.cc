// A segment file of the spool, however broken: the first byte chooses whether frames get right sums.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "agent/spool/epoch_journal.h"
#include "agent/spool/record.h"
#include "agent/spool/segment_scan.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace steward::agent;
  if (size == 0) return 0;
  std::string_view input(reinterpret_cast<const char*>(data) + 1, size - 1);
  if (data[0] % 2 == 0) {
    ScanSegment(input, 1, 1);
    return 0;
  }
  // Records with right sums, so that what is behind them is reached: length byte, type, payload.
  std::string file(kSegmentMagic);
  EpochJournal journal(1);
  while (input.size() >= 2) {
    const std::size_t length = static_cast<unsigned char>(input[0]);
    const auto type = static_cast<RecordType>(input[1]);
    const std::string_view payload = input.substr(2, length);
    AppendRecord(type, payload, file);
    journal.Replay(type, payload);
    input.remove_prefix(2 + payload.size());
  }
  const SegmentScan scan = ScanSegment(file, 1, 1);
  if (scan.good_bytes > file.size()) __builtin_trap();
  EpochJournal again(1);
  const std::string compacted = journal.Compacted();
  RecordReader reader(compacted);
  while (reader.Next() == RecordReader::Result::kRecord) {
    if (!again.Replay(reader.type(), reader.payload())) __builtin_trap();
  }
  if (!(again.committed() == journal.committed()) || !(again.given_up() == journal.given_up())) __builtin_trap();
  return 0;
}
