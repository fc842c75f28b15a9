#include "collector/storage/sqlite/transaction.h"

#include <system_error>

#include "absl/strings/str_cat.h"
#include "collector/storage/sqlite/delete_machine.h"
#include "collector/storage/sqlite/expire.h"
#include "collector/storage/sqlite/stored_batches.h"
#include "collector/storage/stored_time.h"

namespace steward::collector {
namespace {

constexpr std::int64_t kExpireRecordsPerCall = 1'000;

}  // namespace

std::uint64_t FileBytes(const std::filesystem::path& path) {
  std::uint64_t bytes = 0;
  for (const char* suffix : {"", "-wal", "-shm"}) {
    std::error_code error;
    const auto size = std::filesystem::file_size(path.string() + suffix, error);
    if (!error) bytes += size;
  }
  return bytes;
}

absl::Status SqliteTransaction::Run(Storage::WriteFunction& write, bool& group_lost) {
  log_.BeginWrite();
  savepoint_ = false;
  expired_ = false;
  broken_ = absl::OkStatus();
  absl::Status status = write(*this);
  if (status.ok()) status = broken_;
  if (status.ok() && savepoint_) {
    status = Guarded(connection_, [&] {
      connection_.Execute("RELEASE one_write");
      return absl::OkStatus();
    });
  }
  if (status.ok()) {
    if (expired_) log_.ForgetRuns();  // nothing of the log waits: Expire has flushed it, and nothing was appended since
    return status;
  }
  const absl::Status undone = Undo(group_lost);
  return undone.ok() ? status : undone;
}

absl::Status SqliteTransaction::Undo(bool& group_lost) {
  group_lost = !connection_.InTransaction();
  if (group_lost) return absl::OkStatus();
  const absl::Status undone = Guarded(connection_, [&] {
    if (savepoint_) connection_.Execute("ROLLBACK TO one_write; RELEASE one_write");
    log_.RollBack();
    return absl::OkStatus();
  });
  group_lost = !undone.ok();
  return undone;
}

void SqliteTransaction::OpenSavepoint() {
  if (savepoint_) return;
  connection_.Execute("SAVEPOINT one_write");
  savepoint_ = true;
}

void SqliteTransaction::BeforeRead() {
  OpenSavepoint();
  log_.Flush();
}

template <class Function>
auto SqliteTransaction::Change(Function function) -> decltype(function()) {
  try {
    return function();
  } catch (const SQLite::Exception& error) {
    broken_ = connection_.ToStatus(error);
    return broken_;
  }
}

absl::Status SqliteTransaction::PutSetting(std::string_view key, std::string_view value) {
  return Change([&] {
    OpenSavepoint();
    return collector::PutSetting(connection_, key, value);
  });
}

absl::Status SqliteTransaction::PutMachine(const MachineRecord& machine) {
  return Change([&] {
    OpenSavepoint();
    return collector::PutMachine(connection_, machine);
  });
}

absl::Status SqliteTransaction::PutToken(const TokenRecord& token) {
  return Change([&] {
    OpenSavepoint();
    return collector::PutToken(connection_, token);
  });
}

absl::Status SqliteTransaction::PutInventory(std::string_view machine_id, const v1::Inventory& inventory,
                                             absl::Time now) {
  return Change([&] {
    OpenSavepoint();
    return collector::PutInventory(connection_, machine_id, inventory, now);
  });
}

absl::Status SqliteTransaction::AddDescriptors(std::string_view machine_id, const v1::DescriptorSet& set) {
  return Change([&] {
    OpenSavepoint();
    const auto machine = MachineKey(connection_, machine_id);
    return machine.ok() ? collector::AddDescriptors(connection_, *machine, set) : machine.status();
  });
}

absl::Status SqliteTransaction::PutBootClock(std::string_view machine_id, const BootClockRecord& clock) {
  return Change([&] {
    OpenSavepoint();
    return collector::PutBootClock(connection_, machine_id, clock);
  });
}

absl::Status SqliteTransaction::PutGap(std::string_view machine_id, const GapRecord& gap) {
  return Change([&] {
    OpenSavepoint();
    return collector::PutGap(connection_, machine_id, gap);
  });
}

absl::StatusOr<AppendResult> SqliteTransaction::AppendBatch(const BatchRecord& batch) {
  if (expired_) return absl::FailedPreconditionError("a write that expired batches cannot append any; use two writes");
  return Change([&] { return log_.Append(batch); });
}

absl::Status SqliteTransaction::PutCoverage(std::string_view machine_id, const CoverageRow& row) {
  return Change([&] {
    OpenSavepoint();
    return collector::PutCoverage(connection_, machine_id, row);
  });
}

absl::Status SqliteTransaction::AddMachineEvent(std::string_view machine_id, const MachineEventRecord& event) {
  return Change([&] {
    OpenSavepoint();
    return collector::AddMachineEvent(connection_, machine_id, event);
  });
}

absl::Status SqliteTransaction::ForgetMachineEvents(std::string_view machine_id, absl::Time before) {
  return Change([&] {
    OpenSavepoint();
    return collector::ForgetMachineEvents(connection_, machine_id, before);
  });
}

absl::Status SqliteTransaction::PutIssue(const IssueRecord& issue) {
  return Change([&] {
    OpenSavepoint();
    return collector::PutIssue(connection_, issue);
  });
}

absl::Status SqliteTransaction::AddIssueEvent(const IssueEventRecord& event) {
  return Change([&] {
    OpenSavepoint();
    return collector::AddIssueEvent(connection_, event);
  });
}

absl::Status SqliteTransaction::AddAudit(const AuditRecord& record) {
  return Change([&] {
    OpenSavepoint();
    return collector::AddAudit(connection_, record);
  });
}

absl::Status SqliteTransaction::AddDelivery(const OutboxRecord& delivery) {
  return Change([&] {
    OpenSavepoint();
    return collector::AddDelivery(connection_, delivery);
  });
}

absl::Status SqliteTransaction::UpdateDelivery(const OutboxRecord& delivery) {
  return Change([&] {
    OpenSavepoint();
    return collector::UpdateDelivery(connection_, delivery);
  });
}

absl::StatusOr<bool> SqliteTransaction::Expire(const ExpireBefore& before) {
  if (log_.HasAppended()) {
    return absl::FailedPreconditionError("a write that appended batches cannot expire any; use two writes");
  }
  return Change([&]() -> absl::StatusOr<bool> {
    BeforeRead();
    const std::int64_t records_ms = ToStoredMs(before.records);
    const bool samples_left = ExpireSamples(connection_, before);
    const bool records_left = ExpireRecords(connection_, records_ms, kExpireRecordsPerCall);
    const bool coverage_left = ExpireCoverage(connection_, records_ms, kExpireRecordsPerCall);
    expired_ = true;
    return samples_left || records_left || coverage_left;
  });
}

absl::StatusOr<bool> SqliteTransaction::DeleteMachine(std::string_view id) {
  if (log_.HasAppended()) {
    return absl::FailedPreconditionError("a write that appended batches cannot delete a machine; use two writes");
  }
  return Change([&]() -> absl::StatusOr<bool> {
    BeforeRead();
    expired_ = true;  // what the log knows of the machine is no longer so
    return collector::DeleteMachine(connection_, id);
  });
}

}  // namespace steward::collector
