// Follows a few series through a segment; what its payloads say of the others is passed over, which takes a fraction of
// decoding them. For payloads that were decoded once: what is passed over is not judged.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "proto/wire/samples.h"

namespace steward::wire {

// Not thread-safe; one object a segment.
class SeriesFollower {
 public:
  struct Series {
    std::uint32_t group = 0;
    std::uint32_t series = 0;
    bool is_double = false;
  };
  struct Value {
    std::size_t index = 0;  // in what the follower was made with
    RawValue value = 0;
  };

  // `series` ascend by group, then by series.
  explicit SeriesFollower(const std::vector<Series>& series);

  // Reads the next payload of the segment, as SegmentDecoder does, and sets `values` to what it gives of these series:
  // of those that are live and whose group was sampled. InvalidArgument: not a payload, as far as it was read; no more
  // must be asked of the object then. No payload, however made, makes it read out of bounds or run long.
  absl::Status Follow(std::string_view payload, std::vector<Value>& values);

 private:
  struct Followed {
    Series series;
    RawValue value = 0;
    bool live = false;
    void Change(std::uint64_t coded);
    void End() { *this = {series}; }
  };
  class Reader;
  // Reads one group's entries; `next` is the first series of the group, or of a later one, and becomes that of a later
  // one.
  absl::Status ReadGroup(Reader& in, std::uint32_t group, std::size_t& next);
  void ReadRun(Reader& in, std::uint64_t series, std::uint64_t count, std::size_t& next, std::size_t end);

  std::vector<Followed> followed_;
  bool first_ = true;
};

}  // namespace steward::wire
