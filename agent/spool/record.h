// The frame around everything the spool keeps: length, CRC-32, type, payload. See FORMAT.md.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace steward::agent {

// Permanent values: they are on disk.
enum class RecordType : std::uint8_t {
  kCommitted = 1,
  kCommittedSet = 2,
  kGap = 3,
  kGapTold = 4,
  kSealed = 5,
  kSegmentStart = 16,
  kBatch = 17,
  kDescriptors = 32,
};

inline constexpr std::size_t kFrameBytes = 8;                  // length and CRC-32
inline constexpr std::size_t kRecordBytesMax = 4 * 1024 * 1024;  // a longer length is damage
inline constexpr std::size_t kMagicBytes = 8;
inline constexpr std::string_view kSegmentMagic = "STWSEG01";
inline constexpr std::string_view kDescriptorMagic = "STWDES01";
inline constexpr std::string_view kJournalMagic = "STWJRN01";

void AppendRecord(RecordType type, std::string_view payload, std::string& out);

// Reads records from bytes it does not own.
class RecordReader {
 public:
  enum class Result {
    kRecord,
    kEnd,      // exactly at the end
    kShort,    // the bytes end within a record: more must be read, or the tail is torn
    kDamaged,  // length out of range or CRC wrong
  };

  explicit RecordReader(std::string_view data) : data_(data) {}

  // After kRecord `type` and `payload` hold it and the position is behind it; else the position is unchanged.
  Result Next();
  RecordType type() const { return type_; }
  std::string_view payload() const { return payload_; }
  std::size_t position() const { return position_; }
  // After kDamaged with a length in range: the position behind the damaged record; otherwise the end of the data.
  std::size_t after_damage() const;

 private:
  std::string_view data_;
  std::size_t position_ = 0;
  RecordType type_{};
  std::string_view payload_;
};

}  // namespace steward::agent
