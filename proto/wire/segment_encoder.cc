#include <algorithm>

#include "absl/strings/str_cat.h"
#include "proto/wire/bytes.h"
#include "proto/wire/payload_format.h"
#include "proto/wire/segment_codec.h"

namespace steward::wire {
namespace {

// One line of a group's payload before it is written.
struct Change {
  std::uint32_t series;
  bool ended;
  bool is_double;
  std::uint64_t difference;  // modulo 2^64, or XOR of bits
};

// What changed from `before` to `after`, ascending by series. Each input is ascending.
std::vector<Change> Compare(const std::vector<SeriesValue>& before, const std::vector<SeriesValue>& after,
                            const SeriesKinds& kinds) {
  std::vector<Change> changes;
  auto old = before.begin();
  for (const SeriesValue& now : after) {
    for (; old != before.end() && old->series < now.series; ++old) changes.push_back({old->series, true, false, 0});
    const bool known = old != before.end() && old->series == now.series;
    const RawValue base = known ? old->value : 0;
    if (known) ++old;
    if (known && base == now.value) continue;
    const bool is_double = kinds.IsDouble(now.series);
    const auto a = static_cast<std::uint64_t>(now.value);
    const auto b = static_cast<std::uint64_t>(base);
    changes.push_back({now.series, false, is_double, is_double ? a ^ b : a - b});
  }
  for (; old != before.end(); ++old) changes.push_back({old->series, true, false, 0});
  return changes;
}

void AppendDifference(const Change& change, std::string& out) {
  AppendVarint(change.is_double ? ReversedBytes(change.difference)
                                : ZigZag(static_cast<std::int64_t>(change.difference)),
               out);
}

// How many changes from `begin` on are values of consecutive series.
std::size_t RunLength(const std::vector<Change>& changes, std::size_t begin) {
  std::size_t end = begin;
  while (end < changes.size() && !changes[end].ended && changes[end].series == changes[begin].series + (end - begin)) {
    ++end;
  }
  return end - begin;
}

void AppendChanges(const std::vector<Change>& changes, std::string& out) {
  std::string entries;
  std::uint64_t entry_count = 0;
  std::uint32_t previous = 0;
  for (std::size_t i = 0; i < changes.size(); ++entry_count) {
    const Change& change = changes[i];
    const std::uint64_t gap = change.series - previous;
    const std::size_t run = RunLength(changes, i);
    if (run >= kRunLengthMin) {
      AppendVarint(gap << 2 | kEntryRun, entries);
      AppendVarint(run, entries);
      for (std::size_t k = 0; k < run; ++k) AppendDifference(changes[i + k], entries);
      i += run;
    } else {
      const bool plus_one = !change.ended && !change.is_double && change.difference == 1;
      AppendVarint(gap << 2 | (change.ended ? kEntryEnded : plus_one ? kEntryPlusOne : kEntryDelta), entries);
      if (!change.ended && !plus_one) AppendDifference(change, entries);
      ++i;
    }
    previous = changes[i - 1].series;
  }
  AppendVarint(entry_count, out);
  out += entries;
}

absl::Status Check(const SampleBatch& batch, const SeriesKinds& kinds) {
  if (batch.groups.size() > kGroupsPerBatchMax) {
    return absl::InvalidArgumentError(absl::StrCat("batch has ", batch.groups.size(), " groups, at most ",
                                                   kGroupsPerBatchMax, " are allowed"));
  }
  std::uint32_t previous_group = 0;
  for (const GroupSample& group : batch.groups) {
    if (group.group <= previous_group) return absl::InvalidArgumentError("groups of a batch are not in ascending order");
    previous_group = group.group;
    std::uint32_t previous = 0;
    for (const SeriesValue& value : group.values) {
      if (value.series <= previous) return absl::InvalidArgumentError("series of a group are not in ascending order");
      previous = value.series;
      if (!kinds.IsKnown(value.series) || kinds.GroupOf(value.series) != group.group) {
        return absl::InvalidArgumentError(
            absl::StrCat("series ", value.series, " is not described as one of group ", group.group));
      }
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status SegmentEncoder::Encode(const SampleBatch& batch, std::string& out) {
  if (absl::Status status = Check(batch, kinds_); !status.ok()) return status;
  std::size_t live = 0;
  for (const GroupSample& group : batch.groups) live += group.values.size();
  for (const auto& [id, values] : groups_) {
    const bool replaced = std::any_of(batch.groups.begin(), batch.groups.end(),
                                      [id = id](const GroupSample& group) { return group.group == id; });
    if (!replaced) live += values.size();
  }
  if (live > kSeriesPerMachineMax) {
    return absl::InvalidArgumentError(
        absl::StrCat("batch would make ", live, " live series, at most ", kSeriesPerMachineMax, " are allowed"));
  }

  std::string payload;
  AppendVarint(kPayloadVersion << 1 | (first_ ? 1 : 0), payload);
  AppendVarint(ZigZag(static_cast<std::int64_t>(static_cast<std::uint64_t>(batch.boot_ms) -
                                                static_cast<std::uint64_t>(boot_ms_))),
               payload);
  AppendVarint(batch.groups.size(), payload);
  std::uint32_t previous_group = 0;
  for (const GroupSample& group : batch.groups) {
    AppendVarint(group.group - previous_group, payload);
    previous_group = group.group;
    const auto state = groups_.find(group.group);
    static const std::vector<SeriesValue> kNothing;
    AppendChanges(Compare(state == groups_.end() ? kNothing : state->second, group.values, kinds_), payload);
  }
  if (payload.size() > kPayloadBytesMax) {
    return absl::InvalidArgumentError(
        absl::StrCat("batch takes ", payload.size(), " bytes, at most ", kPayloadBytesMax, " are allowed"));
  }

  out += payload;
  first_ = false;
  boot_ms_ = batch.boot_ms;
  for (const GroupSample& group : batch.groups) groups_[group.group] = group.values;
  return absl::OkStatus();
}

}  // namespace steward::wire
