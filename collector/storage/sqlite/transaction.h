// One write of a group: its changes, which can be undone without those of its neighbours.
// A savepoint is opened only by what needs one; appended batches, the bulk of the work, are undone by the log itself.
#pragma once

#include <string_view>

#include "collector/storage/sqlite/batch_log.h"
#include "collector/storage/sqlite/reads.h"

namespace steward::collector {

class SqliteTransaction final : public SqliteReads<StorageTransaction> {
 public:
  SqliteTransaction(Connection& connection, BatchLog& log) : SqliteReads(connection), log_(log) {}

  // Runs one write and undoes it if it fails. The result is what becomes of the write.
  // `group_lost` is set if SQLite has undone the whole transaction, or if undoing failed: then the group has failed.
  absl::Status Run(Storage::WriteFunction& write, bool& group_lost);

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
  void BeforeRead() override;
  void OpenSavepoint();
  absl::Status Undo(bool& group_lost);
  // Runs a change and remembers an error of the disk, which undoes the write whatever its function makes of it.
  template <class Function>
  auto Change(Function function) -> decltype(function());

  BatchLog& log_;
  bool savepoint_ = false;
  bool expired_ = false;
  absl::Status broken_;
};

}  // namespace steward::collector
