// Checks a whole segment file from its bytes. Pure; what it is given may be anything.
#pragma once

#include <cstdint>
#include <string_view>

#include "steward/v1/uplink.pb.h"

namespace steward::agent {

struct SegmentScan {
  enum class End {
    kWhole,
    kTorn,     // the last record is incomplete: a write that was cut short
    kDamaged,  // something is wrong before the tail, or the file is not this segment
  };
  End end = End::kDamaged;
  v1::SegmentStart start;
  std::uint64_t good_bytes = 0;     // up to here everything is whole
  std::uint64_t last_sequence = 0;  // of the whole batches; first_sequence - 1 if there is none
  std::uint64_t values = 0;         // in the whole batches
  std::uint64_t last_sequence_after_damage = 0;  // highest one found behind the damage; 0: none
};

SegmentScan ScanSegment(std::string_view file, std::uint64_t epoch, std::uint64_t first_sequence);

// A batch record's payload: the number of values, then the message. False if it is not one.
bool ReadBatchRecord(std::string_view payload, std::uint64_t& values, v1::Batch& batch);

}  // namespace steward::agent
