#include "proto/wire/series_follower.h"

#include <bit>
#include <cstring>

#include "absl/strings/str_cat.h"
#include "proto/wire/bytes.h"
#include "proto/wire/payload_format.h"
#include "proto/wire/segment_codec.h"

namespace steward::wire {

// A ByteReader that can pass over varints eight bytes at a time. Whether a varint has more than 64 bits is not looked
// at.
class SeriesFollower::Reader {
 public:
  explicit Reader(std::string_view data) : at_(data.data()), begin_(at_), end_(at_ + data.size()) {}

  std::uint64_t Varint() {
    std::uint64_t value = 0;
    for (unsigned shift = 0; at_ != end_ && shift < 64; shift += 7) {
      const auto byte = static_cast<std::uint8_t>(*at_++);
      value |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    ok_ = false;
    return 0;
  }

  void SkipVarints(std::uint64_t count) {
    constexpr std::uint64_t kLastBytes = 0x8080808080808080;  // where these bits are not set, a varint ends
    while (remaining() >= sizeof(std::uint64_t)) {
      std::uint64_t word = 0;
      std::memcpy(&word, at_, sizeof word);
      const auto ends = static_cast<std::uint64_t>(std::popcount(~word & kLastBytes));
      if (ends >= count) break;  // the last one ends in here
      count -= ends;
      at_ += sizeof word;
    }
    while (count > 0 && at_ != end_) {
      if (static_cast<std::uint8_t>(*at_++) < 0x80) --count;
    }
    if (count > 0) ok_ = false;
  }

  bool ok() const { return ok_; }
  std::size_t remaining() const { return static_cast<std::size_t>(end_ - at_); }
  absl::Status Bad() const {
    return absl::InvalidArgumentError(
        absl::StrCat("sample payload, byte ", at_ - begin_, ": not what a segment holds here"));
  }

 private:
  const char* at_;
  const char* begin_;
  const char* end_;
  bool ok_ = true;
};

void SeriesFollower::Followed::Change(std::uint64_t coded) {
  value = Changed(value, coded, series.is_double);
  live = true;
}

SeriesFollower::SeriesFollower(const std::vector<Series>& series) {
  for (const Series& one : series) followed_.push_back({one});
}

absl::Status SeriesFollower::Follow(std::string_view payload, std::vector<Value>& values) {
  values.clear();
  Reader in(payload);
  if (payload.size() > kPayloadBytesMax || in.Varint() != (kPayloadVersion << 1 | (first_ ? 1 : 0))) return in.Bad();
  first_ = false;
  in.Varint();  // the time
  const std::uint64_t group_count = in.Varint();
  std::uint64_t group = 0;
  std::size_t next = 0;
  for (std::uint64_t i = 0; i < group_count && next < followed_.size(); ++i) {
    const std::uint64_t gap = in.Varint();
    if (!in.ok() || gap == 0 || gap > UINT32_MAX - group) return in.Bad();
    group += gap;
    while (next < followed_.size() && followed_[next].series.group < group) ++next;  // not sampled
    const std::size_t begin = next;
    if (absl::Status status = ReadGroup(in, static_cast<std::uint32_t>(group), next); !status.ok()) return status;
    for (std::size_t at = begin; at < next; ++at) {
      if (followed_[at].live) values.push_back({at, followed_[at].value});
    }
  }
  return in.ok() ? absl::OkStatus() : in.Bad();
}

absl::Status SeriesFollower::ReadGroup(Reader& in, std::uint32_t group, std::size_t& next) {
  std::size_t end = next;
  while (end < followed_.size() && followed_[end].series.group == group) ++end;
  const std::uint64_t entries = in.Varint();
  std::uint64_t series = 0;
  for (std::uint64_t i = 0; i < entries; ++i) {
    if (next == end && end == followed_.size()) return absl::OkStatus();  // nothing is wanted of what is left
    const std::uint64_t token = in.Varint();
    series += token >> 2;
    if (!in.ok() || token >> 2 == 0 || series > UINT32_MAX) return in.Bad();
    while (next < end && followed_[next].series.series < series) ++next;  // unchanged
    const bool wanted = next < end && followed_[next].series.series == series;
    switch (token & 3) {
      case kEntryEnded:
        if (wanted) followed_[next++].End();
        break;
      case kEntryPlusOne:
        if (wanted) followed_[next++].Change(ZigZag(1));
        break;
      case kEntryDelta:
        if (wanted) {
          followed_[next++].Change(in.Varint());
        } else {
          in.SkipVarints(1);
        }
        break;
      default: {
        const std::uint64_t count = in.Varint();
        if (count == 0 || count > in.remaining() || count - 1 > UINT32_MAX - series) return in.Bad();
        ReadRun(in, series, count, next, end);
        series += count - 1;
      }
    }
  }
  next = end;
  return in.ok() ? absl::OkStatus() : in.Bad();
}

void SeriesFollower::ReadRun(Reader& in, std::uint64_t series, std::uint64_t count, std::size_t& next,
                             std::size_t end) {
  const std::uint64_t after = series + count;
  for (; next < end && followed_[next].series.series < after; ++next) {
    in.SkipVarints(followed_[next].series.series - series);
    followed_[next].Change(in.Varint());
    series = followed_[next].series.series + std::uint64_t{1};
  }
  in.SkipVarints(after - series);
}

}  // namespace steward::wire
