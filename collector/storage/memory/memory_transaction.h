// The two faces of the memory storage's state: reads, and changes that can be undone.
#pragma once

#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "collector/storage/memory/memory_state.h"
#include "collector/storage/storage.h"

namespace steward::collector {

// `Face` is StorageReader or StorageTransaction.
template <class Face>
class MemoryReads : public Face {
 public:
  explicit MemoryReads(const MemoryState& state) : view_(state) {}

  absl::StatusOr<std::optional<std::string>> GetSetting(std::string_view key) override {
    const auto it = view_.settings.find(key);
    return it == view_.settings.end() ? std::nullopt : std::optional<std::string>(it->second);
  }
  absl::StatusOr<std::vector<MachineRecord>> ListMachines() override { return view_.ListMachines(); }
  absl::StatusOr<MachineRecord> GetMachine(std::string_view id) override { return Find(view_.machines, id, "machine"); }
  absl::StatusOr<std::vector<TokenRecord>> ListTokens() override { return view_.ListTokens(); }
  absl::StatusOr<TokenRecord> GetToken(std::string_view id) override { return Find(view_.tokens, id, "token"); }
  absl::StatusOr<TokenRecord> FindTokenBySecret(std::string_view secret) override {
    return view_.FindTokenBySecret(secret);
  }
  absl::StatusOr<std::vector<FactRecord>> ListFacts(std::string_view machine_id) override {
    const auto it = view_.inventories.find(machine_id);
    return it == view_.inventories.end() ? std::vector<FactRecord>() : it->second.facts;
  }
  absl::StatusOr<std::string> FactValue(std::string_view machine_id, std::string_view group, std::string_view key) override {
    return view_.FactValue(machine_id, group, key);
  }
  absl::StatusOr<std::vector<ChangeRecord>> ListChanges(std::string_view machine_id, std::size_t max) override {
    return view_.ListChanges(machine_id, max);
  }
  absl::StatusOr<std::vector<v1::SourceNote>> ListInventoryNotes(std::string_view machine_id) override {
    const auto it = view_.inventories.find(machine_id);
    return it == view_.inventories.end() ? std::vector<v1::SourceNote>() : it->second.notes;
  }
  absl::StatusOr<std::vector<SequenceInterval>> CommittedIntervals(std::string_view machine_id,
                                                                   std::uint64_t epoch) override {
    const auto it = view_.epochs.find({std::string(machine_id), epoch});
    return it == view_.epochs.end() ? IntervalSet() : it->second.committed;
  }
  absl::StatusOr<std::optional<std::string>> CommittedPayload(std::string_view machine_id, std::uint64_t epoch,
                                                              std::uint64_t sequence) override {
    const auto it = view_.epochs.find({std::string(machine_id), epoch});
    if (it == view_.epochs.end() || !it->second.batches.contains(sequence)) return std::nullopt;
    return it->second.batches.at(sequence).samples;
  }
  absl::StatusOr<std::vector<BootClockRecord>> ListBootClocks(std::string_view machine_id) override {
    const auto it = view_.boot_clocks.find(machine_id);
    return it == view_.boot_clocks.end() ? std::vector<BootClockRecord>() : it->second;
  }
  absl::StatusOr<std::vector<GapRecord>> ListGaps(std::string_view machine_id) override {
    const auto it = view_.gaps.find(machine_id);
    return it == view_.gaps.end() ? std::vector<GapRecord>() : it->second;
  }
  absl::StatusOr<v1::DescriptorSet> Descriptors(std::string_view machine_id, std::uint64_t epoch) override {
    const auto it = view_.epochs.find({std::string(machine_id), epoch});
    v1::DescriptorSet set;
    if (it != view_.epochs.end()) set = it->second.descriptors;
    set.set_epoch(epoch);
    return set;
  }
  absl::StatusOr<std::vector<SampleSeries>> QuerySamples(const SampleQuery& query) override {
    return view_.QuerySamples(query);
  }
  absl::StatusOr<std::string> ReadCommits(std::string_view after, std::size_t samples_max,
                                          StorageReader::TakeCommitted take) override {
    return view_.ReadCommits(after, samples_max, take);
  }
  absl::StatusOr<std::string> CommitCursor() override { return absl::StrCat(view_.next_position - 1); }
  absl::StatusOr<std::vector<CoverageRow>> ListCoverage(std::string_view machine_id, std::int64_t from_day,
                                                        std::int64_t to_day) override {
    return view_.ListCoverage(machine_id, from_day, to_day);
  }
  absl::StatusOr<std::vector<MachineEventRecord>> ListMachineEvents(std::string_view machine_id,
                                                                    absl::Time from) override {
    return view_.ListMachineEvents(machine_id, from);
  }
  absl::StatusOr<std::vector<IssueRecord>> ListIssues(bool include_ended) override {
    return view_.ListIssues(include_ended);
  }
  absl::StatusOr<IssueRecord> GetIssue(std::string_view id) override { return Find(view_.issues, id, "issue"); }
  absl::StatusOr<std::vector<IssueEventRecord>> ListIssueEvents(std::string_view issue_id) override {
    const auto it = view_.issue_events.find(issue_id);
    return it == view_.issue_events.end() ? std::vector<IssueEventRecord>() : it->second;
  }
  absl::StatusOr<std::vector<AuditRecord>> ListAudit(std::uint64_t after, std::size_t max) override {
    return view_.ListAudit(after, max);
  }
  absl::StatusOr<AuditEnd> GetAuditEnd() override { return view_.audit_end; }
  absl::StatusOr<std::vector<OutboxRecord>> WaitingDeliveries() override {
    return view_.ListDeliveries(std::numeric_limits<std::size_t>::max(), true);
  }
  absl::StatusOr<std::vector<OutboxRecord>> ListDeliveries(std::size_t max) override {
    return view_.ListDeliveries(max, false);
  }
  absl::StatusOr<std::uint64_t> StorageBytes() override { return view_.Bytes(); }

 private:
  template <class Map>
  static absl::StatusOr<typename Map::mapped_type> Find(const Map& map, std::string_view id, std::string_view what) {
    const auto it = map.find(id);
    if (it == map.end()) return absl::NotFoundError(absl::StrCat("no ", std::string(what), " ", std::string(id)));
    return it->second;
  }

  const MemoryState& view_;
};

using MemoryReader = MemoryReads<StorageReader>;

class MemoryTransaction final : public MemoryReads<StorageTransaction> {
 public:
  explicit MemoryTransaction(MemoryState& state) : MemoryReads(state), state_(state) {}

  // Takes back all changes, newest first.
  void Undo();

  absl::Status PutSetting(std::string_view key, std::string_view value) override;
  absl::Status PutMachine(const MachineRecord& machine) override;
  absl::Status PutToken(const TokenRecord& token) override;
  absl::Status PutInventory(std::string_view machine_id, const v1::Inventory& inventory, absl::Time now) override;
  absl::Status AddDescriptors(std::string_view machine_id, const v1::DescriptorSet& set) override;
  absl::Status PutBootClock(std::string_view machine_id, const BootClockRecord& clock) override;
  absl::Status PutGap(std::string_view machine_id, const GapRecord& gap) override;
  absl::StatusOr<AppendResult> AppendBatch(const BatchRecord& batch) override;
  absl::Status PutCoverage(std::string_view machine_id, const CoverageRow& row) override;
  absl::Status AddMachineEvent(std::string_view machine_id, const MachineEventRecord& event) override;
  absl::Status ForgetMachineEvents(std::string_view machine_id, absl::Time before) override;
  absl::Status PutIssue(const IssueRecord& issue) override;
  absl::Status AddIssueEvent(const IssueEventRecord& event) override;
  absl::Status AddAudit(const AuditRecord& record) override;
  absl::Status AddDelivery(const OutboxRecord& delivery) override;
  absl::Status UpdateDelivery(const OutboxRecord& delivery) override;
  absl::StatusOr<bool> Expire(const ExpireBefore& before) override;
  absl::StatusOr<bool> DeleteMachine(std::string_view id) override;

 private:
  absl::Status KnownMachine(std::string_view id) const;
  // Writes map[key] = value and remembers what was there.
  template <class Map>
  void Assign(Map& map, const typename Map::key_type& key, typename Map::mapped_type value);
  template <class Map>
  void Erase(Map& map, const typename Map::key_type& key);
  template <class Map>
  void EraseOf(Map& map, std::string_view machine_id);  // of a map whose keys begin with the machine
  bool ExpireBatches(std::int64_t before_ms, std::size_t max);
  void RollUp(const MemoryState::EpochKey& key, const MemoryState::Epoch& epoch,
              const std::vector<std::uint64_t>& sequences);
  void ExpireTier(std::map<std::string, RolledSet, std::less<>>& tier_of, const Tier& tier, std::int64_t before_ms);
  void ExpireCoverage(std::int64_t before_ms);
  bool ExpireRecords(std::int64_t before_ms, std::size_t max);

  MemoryState& state_;
  std::vector<std::function<void()>> undo_;
};

}  // namespace steward::collector
