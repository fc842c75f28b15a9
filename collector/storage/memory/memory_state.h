// Everything the memory storage holds, and the reads over it. Guarded by the storage.
#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "collector/storage/interval_set.h"
#include "collector/storage/storage.h"
#include "collector/storage/tiers/rolled_points.h"

namespace steward::collector {

class SeriesAssembler;

struct MemoryState {
  struct MachineInventory {
    std::vector<FactRecord> facts;  // by group, key
    std::vector<v1::SourceNote> notes;
  };
  struct Epoch {
    v1::DescriptorSet descriptors;
    IntervalSet committed;
    std::map<std::uint64_t, BatchRecord> batches;     // by sequence
    std::map<std::uint64_t, std::int64_t> positions;  // in the order of commits, by sequence
  };
  using EpochKey = std::pair<std::string, std::uint64_t>;  // machine id, epoch
  using MachineEventKey = std::pair<std::int64_t, int>;    // milliseconds, kind

  std::map<std::string, std::string, std::less<>> settings;
  std::map<std::string, MachineRecord, std::less<>> machines;
  std::map<std::string, TokenRecord, std::less<>> tokens;
  std::map<std::string, MachineInventory, std::less<>> inventories;
  std::map<std::string, std::vector<ChangeRecord>, std::less<>> changes;  // oldest first
  std::map<EpochKey, Epoch> epochs;
  // What is kept of expired batches, by machine. Unlike on disk the hours know nothing of batches that are still there.
  std::map<std::string, RolledSet, std::less<>> five_minutes;
  std::map<std::string, RolledSet, std::less<>> hours;
  std::int64_t five_minutes_from_ms = std::numeric_limits<std::int64_t>::min();  // what is older is told by the hours
  std::map<std::string, std::vector<BootClockRecord>, std::less<>> boot_clocks;  // by machine; measured last first
  std::map<std::string, std::vector<GapRecord>, std::less<>> gaps;               // by machine; in the order told
  std::map<std::pair<std::string, std::int64_t>, v1::CoverageRecord> coverage;  // by machine id and day
  std::map<std::pair<std::string, MachineEventKey>, bool> machine_events;
  std::map<std::string, IssueRecord, std::less<>> issues;
  std::map<std::string, std::vector<IssueEventRecord>, std::less<>> issue_events;  // oldest first
  std::vector<AuditRecord> audit;                                                  // ascending
  AuditEnd audit_end;
  std::map<std::int64_t, OutboxRecord> outbox;                                     // by id
  std::int64_t next_outbox_id = 1;
  std::int64_t next_position = 1;

  absl::StatusOr<std::vector<MachineRecord>> ListMachines() const;
  absl::StatusOr<std::vector<TokenRecord>> ListTokens() const;
  absl::StatusOr<TokenRecord> FindTokenBySecret(std::string_view secret_sha256) const;
  absl::StatusOr<std::string> FactValue(std::string_view machine_id, std::string_view group, std::string_view key) const;
  absl::StatusOr<std::vector<ChangeRecord>> ListChanges(std::string_view machine_id, std::size_t max) const;
  absl::StatusOr<std::vector<SampleSeries>> QuerySamples(const SampleQuery& query) const;
  absl::Status AddMachine(const MachineId& machine, SeriesAssembler& assembler) const;
  std::vector<MachineId> MachineAndOlder(const MachineId& id) const;  // those it goes on from
  absl::StatusOr<std::string> ReadCommits(std::string_view after, std::size_t samples_max,
                                          StorageReader::TakeCommitted take) const;
  absl::StatusOr<std::vector<CoverageRow>> ListCoverage(std::string_view machine_id, std::int64_t from_day,
                                                        std::int64_t to_day) const;
  absl::StatusOr<std::vector<MachineEventRecord>> ListMachineEvents(std::string_view machine_id, absl::Time from) const;
  absl::StatusOr<std::vector<IssueRecord>> ListIssues(bool include_ended) const;
  absl::StatusOr<std::vector<AuditRecord>> ListAudit(std::uint64_t after, std::size_t max) const;
  absl::StatusOr<std::vector<OutboxRecord>> ListDeliveries(std::size_t max, bool waiting_only) const;
  std::uint64_t Bytes() const;
};

}  // namespace steward::collector
