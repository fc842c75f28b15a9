#include "collector/storage/memory/memory_state.h"

#include <algorithm>
#include <memory>
#include <tuple>

#include "absl/status/status.h"
#include "absl/strings/numbers.h"
#include "base/text.h"
#include "collector/storage/commit_order.h"
#include "collector/storage/issue_words.h"
#include "collector/storage/series_assembler.h"
#include "collector/storage/stored_time.h"

namespace steward::collector {

absl::StatusOr<std::vector<MachineRecord>> MemoryState::ListMachines() const {
  std::vector<MachineRecord> result;
  for (const auto& [id, machine] : machines) result.push_back(machine);
  std::stable_sort(result.begin(), result.end(),
                   [](const MachineRecord& a, const MachineRecord& b) { return a.host_name < b.host_name; });
  return result;
}

absl::StatusOr<std::vector<TokenRecord>> MemoryState::ListTokens() const {
  std::vector<TokenRecord> result;
  for (const auto& [id, token] : tokens) result.push_back(token);
  std::stable_sort(result.begin(), result.end(),
                   [](const TokenRecord& a, const TokenRecord& b) { return a.created_time > b.created_time; });
  return result;
}

absl::StatusOr<TokenRecord> MemoryState::FindTokenBySecret(std::string_view secret_sha256) const {
  for (const auto& [id, token] : tokens) {
    if (token.secret_sha256 == secret_sha256) return token;
  }
  return absl::NotFoundError("no token with this secret");
}

absl::StatusOr<std::string> MemoryState::FactValue(std::string_view machine_id, std::string_view group, std::string_view key) const {
  if (const auto it = inventories.find(machine_id); it != inventories.end()) {
    for (const FactRecord& fact : it->second.facts) {
      if (fact.group == group && fact.key == key) return fact.value;
    }
  }
  return absl::NotFoundError("no such fact");
}

absl::StatusOr<std::vector<ChangeRecord>> MemoryState::ListChanges(std::string_view machine_id, std::size_t max) const {
  const auto it = changes.find(machine_id);
  if (it == changes.end()) return std::vector<ChangeRecord>();
  std::vector<ChangeRecord> result(it->second.rbegin(), it->second.rend());
  std::stable_sort(result.begin(), result.end(),
                   [](const ChangeRecord& a, const ChangeRecord& b) { return a.time > b.time; });
  if (result.size() > max) result.resize(max);
  return result;
}

absl::StatusOr<std::vector<SampleSeries>> MemoryState::QuerySamples(const SampleQuery& query) const {
  auto assembler = SeriesAssembler::Create(query);
  if (!assembler.ok()) return assembler.status();
  if (!machines.contains(query.machine_id)) {
    return absl::NotFoundError(absl::StrCat("no machine ", query.machine_id));
  }
  for (const MachineId& machine : MachineAndOlder(query.machine_id)) {
    if (absl::Status status = AddMachine(machine, *assembler); !status.ok()) return status;
  }
  return assembler->Finish();
}

std::vector<MachineId> MemoryState::MachineAndOlder(const MachineId& id) const {
  std::vector<MachineId> found{id};
  for (std::size_t next = 0; next < found.size(); ++next) {
    for (const auto& [older, machine] : machines) {
      if (machine.continued_as == found[next] && std::find(found.begin(), found.end(), older) == found.end()) {
        found.push_back(older);
      }
    }
  }
  return found;
}

absl::Status MemoryState::AddMachine(const MachineId& machine, SeriesAssembler& assembler) const {
  constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::max();
  absl::Status status;
  const auto add = [&](const auto& tier_of, const Tier& tier, const TimeRange& part) {
    const auto it = tier_of.find(machine);
    if (it == tier_of.end()) return;
    it->second.ForEach([&](const RolledSeries& series) {
      if (status.ok()) status = assembler.AddRolled(series, tier.bucket_ms, part);
    });
  };
  add(hours, kHours, {std::numeric_limits<std::int64_t>::min(), five_minutes_from_ms});
  add(five_minutes, kFiveMinutes, {five_minutes_from_ms, kNever});
  if (!status.ok()) return status;
  for (auto it = epochs.lower_bound({machine, 0}); it != epochs.end() && it->first.first == machine; ++it) {
    if (!assembler.StartEpoch(it->second.descriptors)) continue;
    std::vector<SegmentRow> rows;
    for (const auto& [sequence, batch] : it->second.batches) {
      rows.push_back({batch.segment_first_sequence, sequence, absl::ToUnixMillis(batch.time), batch.samples});
    }
    status = assembler.AddRows(std::move(rows));
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::StatusOr<std::string> MemoryState::ReadCommits(std::string_view after, std::size_t samples_max,
                                                     StorageReader::TakeCommitted take) const {
  std::int64_t position = 0;
  if (!after.empty() && (!absl::SimpleAtoi(ToAbsl(after), &position) || position >= next_position)) {
    return absl::InvalidArgumentError(StrCat("\"", after, "\" is not a place in the order of commits"));
  }
  std::vector<ReadableBatch> batches;
  for (const auto& [key, epoch] : epochs) {
    auto table = std::make_shared<wire::DescriptorTable>();
    if (absl::Status status = table->Add(epoch.descriptors); !status.ok()) return status;
    std::map<std::uint64_t, std::vector<PositionedRow>> segments;
    for (const auto& [sequence, batch] : epoch.batches) {
      segments[batch.segment_first_sequence].push_back(
          {sequence, absl::ToUnixMillis(batch.time), epoch.positions.at(sequence), batch.samples});
    }
    const std::size_t begin = batches.size();
    for (const auto& [first, rows] : segments) AppendReadable(*table, first, rows, position, next_position, batches);
    for (std::size_t i = begin; i < batches.size(); ++i) {
      batches[i].samples.machine_id = key.first;
      batches[i].samples.epoch = key.second;
      batches[i].samples.descriptors = table;
    }
  }
  std::stable_sort(batches.begin(), batches.end(),
                   [](const ReadableBatch& a, const ReadableBatch& b) { return a.position < b.position; });
  std::size_t samples = 0;
  bool full = false;
  for (const ReadableBatch& batch : batches) {
    if (full && batch.position > position) return absl::StrCat(position);
    if (absl::Status status = take(batch.samples); !status.ok()) return status;
    position = batch.position;
    for (const CommittedGroup& group : batch.samples.groups) samples += group.values.size();
    full = samples >= samples_max;
  }
  return absl::StrCat(next_position - 1);
}

absl::StatusOr<std::vector<CoverageRow>> MemoryState::ListCoverage(std::string_view machine_id, std::int64_t from_day,
                                                                   std::int64_t to_day) const {
  constexpr std::int64_t kDaysBackMax = 400;
  const std::string id(machine_id);
  std::vector<CoverageRow> rows;
  for (auto it = coverage.lower_bound({id, from_day - kDaysBackMax});
       it != coverage.end() && it->first.first == id && it->first.second <= to_day; ++it) {
    if (it->first.second < from_day) rows.clear();  // only the newest before
    rows.push_back({it->first.second, it->second});
  }
  return rows;
}

absl::StatusOr<std::vector<MachineEventRecord>> MemoryState::ListMachineEvents(std::string_view machine_id,
                                                                               absl::Time from) const {
  const std::string id(machine_id);
  std::vector<MachineEventRecord> events;
  for (auto it = machine_events.lower_bound({id, {ToStoredMs(from), 0}});
       it != machine_events.end() && it->first.first == id; ++it) {
    const auto [time_ms, kind] = it->first.second;
    events.push_back({FromStoredMs(time_ms), static_cast<v1::MachineEvent::Kind>(kind)});
  }
  return events;
}

absl::StatusOr<std::vector<IssueRecord>> MemoryState::ListIssues(bool include_ended) const {
  std::vector<IssueRecord> result;
  for (const auto& [id, issue] : issues) {
    if (include_ended || !IssueHasEnded(issue.issue)) result.push_back(issue);
  }
  std::stable_sort(result.begin(), result.end(), [](const IssueRecord& a, const IssueRecord& b) {
    return IssueOpenedMs(a.issue) > IssueOpenedMs(b.issue);
  });
  return result;
}

absl::StatusOr<std::vector<AuditRecord>> MemoryState::ListAudit(std::uint64_t after, std::size_t max) const {
  const std::size_t first = static_cast<std::size_t>(std::min<std::uint64_t>(after, audit.size()));
  const std::size_t count = std::min(max, audit.size() - first);
  const auto begin = audit.begin() + static_cast<std::ptrdiff_t>(first);
  return std::vector<AuditRecord>(begin, begin + static_cast<std::ptrdiff_t>(count));
}

absl::StatusOr<std::vector<OutboxRecord>> MemoryState::ListDeliveries(std::size_t max, bool waiting_only) const {
  std::vector<OutboxRecord> result;
  for (const auto& [id, delivery] : outbox) {
    if (!waiting_only || delivery.state == DeliveryState::kWaiting) result.push_back(delivery);
  }
  if (!waiting_only) std::reverse(result.begin(), result.end());
  if (result.size() > max) result.resize(max);
  return result;
}

std::uint64_t MemoryState::Bytes() const {
  std::uint64_t bytes = 0;
  for (const auto& [key, epoch] : epochs) {
    for (const auto& [sequence, batch] : epoch.batches) bytes += batch.samples.size() + batch.events.size();
  }
  return bytes;
}

}  // namespace steward::collector
