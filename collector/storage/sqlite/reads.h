// The reads of Storage over a connection. `Face` is StorageReader or StorageTransaction.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "collector/storage/sqlite/audit.h"
#include "collector/storage/sqlite/commits.h"
#include "collector/storage/sqlite/connection.h"
#include "collector/storage/sqlite/coverage_records.h"
#include "collector/storage/sqlite/inventory.h"
#include "collector/storage/sqlite/issues.h"
#include "collector/storage/sqlite/machines.h"
#include "collector/storage/sqlite/samples.h"
#include "collector/storage/sqlite/uplink_records.h"
#include "collector/storage/storage.h"

namespace steward::collector {

// The file, its journal and the index of that.
std::uint64_t FileBytes(const std::filesystem::path& path);

template <class Face>
class SqliteReads : public Face {
 public:
  explicit SqliteReads(Connection& connection) : connection_(connection) {}

  absl::StatusOr<std::optional<std::string>> GetSetting(std::string_view key) override {
    return Do([&] { return collector::GetSetting(connection_, key); });
  }
  absl::StatusOr<std::vector<MachineRecord>> ListMachines() override {
    return Do([&] { return collector::ListMachines(connection_); });
  }
  absl::StatusOr<MachineRecord> GetMachine(std::string_view id) override {
    return Do([&] { return collector::GetMachine(connection_, id); });
  }
  absl::StatusOr<std::vector<TokenRecord>> ListTokens() override {
    return Do([&] { return collector::ListTokens(connection_); });
  }
  absl::StatusOr<TokenRecord> GetToken(std::string_view id) override {
    return Do([&] { return collector::GetToken(connection_, id); });
  }
  absl::StatusOr<TokenRecord> FindTokenBySecret(std::string_view secret_sha256) override {
    return Do([&] { return collector::FindTokenBySecret(connection_, secret_sha256); });
  }
  absl::StatusOr<std::vector<FactRecord>> ListFacts(std::string_view machine_id) override {
    return Do([&] { return collector::ListFacts(connection_, machine_id); });
  }
  absl::StatusOr<std::vector<ChangeRecord>> ListChanges(std::string_view machine_id, std::size_t max) override {
    return Do([&] { return collector::ListChanges(connection_, machine_id, max); });
  }
  absl::StatusOr<std::string> FactValue(std::string_view machine_id, std::string_view group, std::string_view key) override {
    return Do([&] { return collector::FactValue(connection_, machine_id, group, key); });
  }
  absl::StatusOr<std::vector<v1::SourceNote>> ListInventoryNotes(std::string_view machine_id) override {
    return Do([&] { return collector::ListInventoryNotes(connection_, machine_id); });
  }
  absl::StatusOr<std::vector<SequenceInterval>> CommittedIntervals(std::string_view machine_id,
                                                                   std::uint64_t epoch) override {
    return Do([&] { return collector::CommittedIntervals(connection_, machine_id, epoch); });
  }
  absl::StatusOr<std::optional<std::string>> CommittedPayload(std::string_view machine_id, std::uint64_t epoch,
                                                              std::uint64_t sequence) override {
    return Do([&] { return collector::CommittedPayload(connection_, machine_id, epoch, sequence); });
  }
  absl::StatusOr<std::vector<BootClockRecord>> ListBootClocks(std::string_view machine_id) override {
    return Do([&] { return collector::ListBootClocks(connection_, machine_id); });
  }
  absl::StatusOr<std::vector<GapRecord>> ListGaps(std::string_view machine_id) override {
    return Do([&] { return collector::ListGaps(connection_, machine_id); });
  }
  absl::StatusOr<v1::DescriptorSet> Descriptors(std::string_view machine_id, std::uint64_t epoch) override {
    return Do([&] { return collector::Descriptors(connection_, machine_id, epoch); });
  }
  absl::StatusOr<std::vector<SampleSeries>> QuerySamples(const SampleQuery& query) override {
    return Do([&] { return collector::QuerySamples(connection_, query); });
  }
  absl::StatusOr<std::string> ReadCommits(std::string_view after, std::size_t samples_max,
                                          StorageReader::TakeCommitted take) override {
    return Do([&] { return collector::ReadCommits(connection_, after, samples_max, take); });
  }
  absl::StatusOr<std::string> CommitCursor() override {
    return Do([&] { return collector::CommitCursor(connection_); });
  }
  absl::StatusOr<std::vector<CoverageRow>> ListCoverage(std::string_view machine_id, std::int64_t from_day,
                                                        std::int64_t to_day) override {
    return Do([&] { return collector::ListCoverage(connection_, machine_id, from_day, to_day); });
  }
  absl::StatusOr<std::vector<MachineEventRecord>> ListMachineEvents(std::string_view machine_id,
                                                                    absl::Time from) override {
    return Do([&] { return collector::ListMachineEvents(connection_, machine_id, from); });
  }
  absl::StatusOr<std::vector<IssueRecord>> ListIssues(bool include_ended) override {
    return Do([&] { return collector::ListIssues(connection_, include_ended); });
  }
  absl::StatusOr<IssueRecord> GetIssue(std::string_view id) override {
    return Do([&] { return collector::GetIssue(connection_, id); });
  }
  absl::StatusOr<std::vector<IssueEventRecord>> ListIssueEvents(std::string_view issue_id) override {
    return Do([&] { return collector::ListIssueEvents(connection_, issue_id); });
  }
  absl::StatusOr<std::vector<AuditRecord>> ListAudit(std::uint64_t after, std::size_t max) override {
    return Do([&] { return collector::ListAudit(connection_, after, max); });
  }
  absl::StatusOr<AuditEnd> GetAuditEnd() override {
    return Do([&] { return collector::GetAuditEnd(connection_); });
  }
  absl::StatusOr<std::vector<OutboxRecord>> WaitingDeliveries() override {
    return Do([&] { return collector::WaitingDeliveries(connection_); });
  }
  absl::StatusOr<std::vector<OutboxRecord>> ListDeliveries(std::size_t max) override {
    return Do([&] { return collector::ListDeliveries(connection_, max); });
  }
  absl::StatusOr<std::uint64_t> StorageBytes() override { return FileBytes(connection_.path()); }

 protected:
  // Called before each read, within what turns exceptions into a Status.
  virtual void BeforeRead() {}

  template <class Function>
  auto Do(Function function) -> decltype(function()) {
    return Guarded(connection_, [&] {
      BeforeRead();
      return function();
    });
  }

  Connection& connection_;
};

class SqliteReader final : public SqliteReads<StorageReader> {
 public:
  using SqliteReads::SqliteReads;
};

}  // namespace steward::collector
