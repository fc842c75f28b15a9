#include "collector/remote_write/commit_feed.h"

#include <algorithm>
#include <optional>

#include "collector/latest/family_table.h"
#include "collector/remote_write/write_request.h"
#include "proto/wire/descriptor.h"

namespace steward::collector {

// One call of Next.
class CommitFeed::Taking {
 public:
  Taking(CommitFeed& feed, StorageReader& reader, absl::Duration boot_now, Read& read)
      : feed_(feed), reader_(reader), boot_now_(boot_now), read_(read) {}

  absl::Status Take(const CommittedSamples& batch) {
    if (absl::Status status = FindMachine(batch.machine_id); !status.ok()) return status;
    if (!labels_.has_value()) return absl::OkStatus();  // deleted meanwhile, with its data
    machine_ = read_.outgoing.Machine(batch.machine_id);
    Numbers& numbers = numbers_[{machine_, batch.epoch}];
    const std::int64_t time_ms = absl::ToUnixMillis(batch.time);
    const bool refused = feed_.IsRefused(batch.machine_id, time_ms, boot_now_);
    for (const CommittedGroup& group : batch.groups) {
      read_.values += group.values.size();
      if (refused) {
        read_.withheld += group.values.size();
        continue;
      }
      for (const CommittedValue& value : group.values) Add(batch, numbers, value, time_ms);
    }
    return feed_.live_.Observe(batch, *labels_, reader_, [&](const auto&... ended) { Mark(ended...); });
  }

  absl::Status EndRetired() {
    return feed_.live_.EndRetired(
        reader_, [&](const MachineLabels& labels, const v1::SeriesDescriptor& series, absl::Time time) {
          machine_ = read_.outgoing.Machine(labels.machine);
          Mark(labels, series, time);
        });
  }

 private:
  // By series id: its number in outgoing.
  static constexpr std::int64_t kUnknown = -1;
  static constexpr std::int64_t kNotSent = -2;
  using Numbers = std::vector<std::int64_t>;

  absl::Status FindMachine(const MachineId& id) {
    if (id == machine_id_) return absl::OkStatus();
    const absl::StatusOr<MachineRecord> record = reader_.GetMachine(id);
    if (!record.ok() && !absl::IsNotFound(record.status())) return record.status();
    machine_id_ = id;
    labels_ = record.ok() ? std::optional(LabelsOf(*record)) : std::nullopt;
    return absl::OkStatus();
  }

  void Add(const CommittedSamples& batch, Numbers& numbers, const CommittedValue& value, std::int64_t time_ms) {
    if (value.series >= numbers.size())
      numbers.resize(std::max<std::size_t>(value.series + 1, numbers.size() * 2), kUnknown);
    std::int64_t& number = numbers[value.series];
    if (number == kUnknown) number = NumberOf(batch.descriptors->Series(value.series));
    if (number != kNotSent) read_.outgoing.Add(machine_, static_cast<std::uint32_t>(number), time_ms, value.value);
  }

  std::int64_t NumberOf(const v1::SeriesDescriptor* series) {
    if (series == nullptr || !feed_.filter_.Keeps(series->metric())) return kNotSent;
    if (feed_.WantsMetadata(*series, boot_now_)) read_.outgoing.AddMetadata(*series);
    return read_.outgoing.Series(SeriesLabels(*labels_, *series));
  }

  void Mark(const MachineLabels& labels, const v1::SeriesDescriptor& series, absl::Time time) {
    if (!feed_.filter_.Keeps(series.metric())) return;
    read_.outgoing.Add(machine_, read_.outgoing.Series(SeriesLabels(labels, series)), absl::ToUnixMillis(time),
                       StalenessMarker());
  }

  CommitFeed& feed_;
  StorageReader& reader_;
  const absl::Duration boot_now_;
  Read& read_;
  MachineId machine_id_;
  std::optional<MachineLabels> labels_;
  std::uint32_t machine_ = 0;
  absl::flat_hash_map<std::pair<std::uint32_t, std::uint64_t>, Numbers> numbers_;  // by machine and epoch
};

absl::StatusOr<CommitFeed::Read> CommitFeed::Next(StorageReader& reader, std::string_view after,
                                                  absl::Duration boot_now) {
  Read read;
  Taking taking(*this, reader, boot_now, read);
  if (boot_now - retired_checked_ >= kRetiredEvery) {
    if (absl::Status status = taking.EndRetired(); !status.ok()) return status;
    retired_checked_ = boot_now;
  }
  absl::StatusOr<std::string> cursor =
      reader.ReadCommits(after, samples_max_, [&](const CommittedSamples& batch) { return taking.Take(batch); });
  if (!cursor.ok()) return cursor.status();
  read.cursor = *std::move(cursor);
  read.more = read.values >= samples_max_;
  read.outgoing.Sort();
  return read;
}

void CommitFeed::RefusedUpTo(const MachineId& machine, std::int64_t time_ms, absl::Duration boot_now) {
  Refusal& refusal = refusals_[machine];
  refusal.time_ms = boot_now < refusal.until ? std::max(refusal.time_ms, time_ms) : time_ms;
  refusal.until = boot_now + kRefusalHolds;
}

bool CommitFeed::IsRefused(const MachineId& machine, std::int64_t time_ms, absl::Duration boot_now) const {
  const auto found = refusals_.find(machine);
  return found != refusals_.end() && boot_now < found->second.until && time_ms <= found->second.time_ms;
}

bool CommitFeed::WantsMetadata(const v1::SeriesDescriptor& series, absl::Duration boot_now) {
  if (metadata_.size() >= kFamiliesMax) metadata_.clear();
  const auto [entry, added] = metadata_.try_emplace(series.metric());
  Metadata& known = entry->second;
  // The help stands on one series of a metric only, perhaps.
  const bool better = !series.help().empty() && !known.has_help;
  const bool due = boot_now - known.sent >= kMetadataEvery && (!series.help().empty() || !known.has_help);
  if (!added && !better && !due) return false;
  known = {boot_now, known.has_help || !series.help().empty()};
  return true;
}

}  // namespace steward::collector
