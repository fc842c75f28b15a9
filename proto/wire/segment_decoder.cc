#include <algorithm>

#include "absl/strings/str_cat.h"
#include "base/text.h"
#include "proto/wire/bytes.h"
#include "proto/wire/payload_format.h"
#include "proto/wire/segment_codec.h"

namespace steward::wire {
namespace {

absl::Status Bad(const ByteReader& in, std::string_view what) {
  return absl::InvalidArgumentError(absl::StrCat("sample payload, byte ", in.position(), ": ", ToAbsl(what)));
}

}  // namespace

std::size_t DecodedBatch::sample_count() const {
  std::size_t count = 0;
  for (const DecodedGroup& group : groups) count += group.values.size();
  return count;
}

// Walks the entries of one group beside its state. Values of known series change in place; series that are new or have
// ended are rare, so they are collected and merged in once at the end.
class SegmentDecoder::GroupDecoder {
 public:
  GroupDecoder(ByteReader& in, std::uint32_t group, const SeriesKinds& kinds, Group& state)
      : in_(in), group_(group), kinds_(kinds), state_(state) {
    state_.changed.clear();
    state_.ended.clear();
  }

  absl::Status Run() {
    const std::uint64_t entries = in_.Varint();
    for (std::uint64_t i = 0; i < entries; ++i) {
      if (absl::Status status = Entry(); !status.ok()) return status;
    }
    if (!in_.ok()) return Bad(in_, "cut short");
    if (!added_.empty() || !state_.ended.empty()) Merge();
    return absl::OkStatus();
  }

 private:
  absl::Status Entry() {
    const std::uint64_t token = in_.Varint();
    const std::uint64_t gap = token >> 2;
    if (!in_.ok()) return Bad(in_, "cut short");
    if (gap == 0 || gap > UINT32_MAX - series_) return Bad(in_, "series are not in ascending order");
    series_ += static_cast<std::uint32_t>(gap);
    switch (token & 3) {
      case kEntryEnded:
        return End();
      case kEntryPlusOne:
        return Change(ZigZag(1));
      case kEntryDelta:
        return Change(in_.Varint());
      default:
        return ValueRun();
    }
  }

  absl::Status ValueRun() {
    const std::uint64_t count = in_.Varint();
    if (count == 0 || count > in_.remaining()) return Bad(in_, "a run is longer than what follows");
    for (std::uint64_t i = 0; i < count; ++i) {
      if (i > 0) {
        if (series_ == UINT32_MAX) return Bad(in_, "series number too large");
        ++series_;
      }
      if (absl::Status status = Change(in_.Varint()); !status.ok()) return status;
    }
    return absl::OkStatus();
  }

  absl::Status Change(std::uint64_t coded) {
    if (!in_.ok()) return Bad(in_, "cut short");
    if (!Find()) {
      if (!kinds_.IsKnown(series_)) return Bad(in_, absl::StrCat("series ", series_, " was never described"));
      if (kinds_.GroupOf(series_) != group_) {
        return Bad(in_, absl::StrCat("series ", series_, " belongs to another group than ", group_));
      }
      added_.push_back({series_, Changed(0, coded, kinds_.IsDouble(series_))});
      return absl::OkStatus();
    }
    SeriesValue& value = state_.values[at_];
    value.value = Changed(value.value, coded, kinds_.IsDouble(series_));
    state_.changed.push_back(static_cast<std::uint32_t>(at_));
    return absl::OkStatus();
  }

  absl::Status End() {
    if (!Find()) return Bad(in_, absl::StrCat("series ", series_, " ends but is not live"));
    state_.ended.push_back(series_);
    return absl::OkStatus();
  }

  // Moves forward to `series_`; entries come in ascending order. True if it is live.
  bool Find() {
    // Nearly always the next one or close by; a search only past that.
    const auto& values = state_.values;
    for (int step = 0; step < 8 && at_ < values.size() && values[at_].series < series_; ++step) ++at_;
    if (at_ < values.size() && values[at_].series < series_) {
      at_ = static_cast<std::size_t>(
          std::lower_bound(values.begin() + static_cast<std::ptrdiff_t>(at_), values.end(), series_,
                           [](const SeriesValue& value, std::uint32_t series) { return value.series < series; }) -
          values.begin());
    }
    return at_ < values.size() && values[at_].series == series_;
  }

  // Takes out what ended, puts in what is new, and finds the places of the changed ones again.
  void Merge() {
    std::vector<std::uint32_t> changed_series;
    for (const std::uint32_t index : state_.changed) changed_series.push_back(state_.values[index].series);
    for (const SeriesValue& value : added_) changed_series.push_back(value.series);
    std::sort(changed_series.begin(), changed_series.end());

    std::vector<SeriesValue> merged;
    merged.reserve(state_.values.size() + added_.size());
    std::merge(state_.values.begin(), state_.values.end(), added_.begin(), added_.end(), std::back_inserter(merged),
               [](const SeriesValue& a, const SeriesValue& b) { return a.series < b.series; });
    std::erase_if(merged, [this](const SeriesValue& value) {
      return std::binary_search(state_.ended.begin(), state_.ended.end(), value.series);
    });
    state_.values = std::move(merged);

    state_.changed.clear();
    std::size_t index = 0;
    for (const std::uint32_t series : changed_series) {
      while (state_.values[index].series != series) ++index;
      state_.changed.push_back(static_cast<std::uint32_t>(index));
    }
  }

  ByteReader& in_;
  const std::uint32_t group_;
  const SeriesKinds& kinds_;
  Group& state_;
  std::uint32_t series_ = 0;
  std::size_t at_ = 0;
  std::vector<SeriesValue> added_;
};

absl::Status SegmentDecoder::Decode(std::string_view payload, DecodedBatch& batch) {
  if (broken_) return absl::InvalidArgumentError("sample payload: an earlier batch of this segment was not decodable");
  absl::Status status = DecodePayload(payload, batch);
  broken_ = !status.ok();
  return status;
}

absl::Status SegmentDecoder::DecodePayload(std::string_view payload, DecodedBatch& batch) {
  batch.groups.clear();
  ByteReader in(payload);
  if (payload.size() > kPayloadBytesMax) return Bad(in, absl::StrCat("longer than ", kPayloadBytesMax, " bytes"));
  const std::uint64_t header = in.Varint();
  if (!in.ok()) return Bad(in, "empty");
  if (header >> 1 != kPayloadVersion) {
    return Bad(in, absl::StrCat("format version ", header >> 1, " is not known; this program reads version ",
                                kPayloadVersion));
  }
  batch.key_frame = (header & 1) != 0;
  if (batch.key_frame != first_) {
    return Bad(in, first_ ? "the first batch of a segment is not a key frame" : "a key frame inside a segment");
  }
  first_ = false;
  boot_ms_ = static_cast<std::int64_t>(static_cast<std::uint64_t>(boot_ms_) +
                                       static_cast<std::uint64_t>(UnZigZag(in.Varint())));
  batch.boot_ms = boot_ms_;

  const std::uint64_t group_count = in.Varint();
  if (!in.ok()) return Bad(in, "cut short");
  if (group_count > kGroupsPerBatchMax) return Bad(in, absl::StrCat("more than ", kGroupsPerBatchMax, " groups"));
  std::uint32_t group = 0;
  for (std::uint64_t i = 0; i < group_count; ++i) {
    const std::uint64_t gap = in.Varint();
    if (!in.ok()) return Bad(in, "cut short");
    if (gap == 0 || gap > UINT32_MAX - group) return Bad(in, "groups are not in ascending order");
    group += static_cast<std::uint32_t>(gap);
    if (absl::Status status = DecodeGroup(in, group, batch); !status.ok()) return status;
  }
  if (!in.at_end()) return Bad(in, "bytes after the last group");
  return absl::OkStatus();
}

absl::Status SegmentDecoder::DecodeGroup(ByteReader& in, std::uint32_t group, DecodedBatch& batch) {
  std::unique_ptr<Group>& slot = groups_[group];
  if (slot == nullptr) {
    if (groups_.size() > kGroupsPerBatchMax) {
      return Bad(in, absl::StrCat("more than ", kGroupsPerBatchMax, " groups in the segment"));
    }
    slot = std::make_unique<Group>();
  }
  Group& state = *slot;
  const std::size_t before = state.values.size();
  if (absl::Status status = GroupDecoder(in, group, kinds_, state).Run(); !status.ok()) return status;
  live_series_ += state.values.size() - before;
  if (live_series_ > kSeriesPerMachineMax) {
    return Bad(in, absl::StrCat("more than ", kSeriesPerMachineMax, " live series"));
  }
  batch.groups.push_back({group, state.values, state.changed, state.ended});
  return absl::OkStatus();
}

}  // namespace steward::wire
