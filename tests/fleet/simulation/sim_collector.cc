#include "tests/fleet/simulation/sim_collector.h"

#include <sqlite3.h>

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "collector/coverage/coverage.h"
#include "collector/ingest/session.h"
#include "collector/storage/sqlite/sqlite_storage.h"

namespace steward::simulation {

// One life of the process. What is declared last ends first.
struct SimCollector::Run {
  Run(SimCollector& owner, std::unique_ptr<collector::Storage> inner)
      : storage(owner.world_, std::move(inner)),
        metrics(prometheus),
        registry(storage, owner.node_.process->get_executor()),
        coverage(
            std::make_shared<collector::Coverage>(storage, *owner.node_.clock, owner.node_.process->get_executor())),
        hub({storage,
             *owner.node_.clock,
             owner.node_.process->get_executor(),
             owner.authority_,
             registry,
             metrics,
             owner.agents_,
             {&owner, coverage.get()},
             "simulated"}) {}

  SimStorage storage;
  prometheus::Registry prometheus;
  collector::IngestMetrics metrics;
  collector::MachineRegistry registry;
  std::shared_ptr<collector::Coverage> coverage;
  collector::SessionHub hub;
};

SimCollector::SimCollector(World& world, Ledger& ledger, const collector::CertificateAuthority& authority,
                           std::filesystem::path directory, absl::Duration interval)
    : world_(world), ledger_(ledger), authority_(authority), directory_(std::move(directory)) {
  agents_.interval = interval;
  node_.clock = std::make_unique<ManualClock>(world_.true_time(), absl::Hours(100));
  world_.Add(node_);
}

SimCollector::~SimCollector() { Kill(); }

absl::StatusOr<std::unique_ptr<collector::Storage>> SimCollector::OpenStorage() {
  collector::SqliteStorageOptions options;
  options.commit_window_max = absl::ZeroDuration();
  options.reader_connections_max = 1;
  return collector::OpenSqliteStorage(DatabasePath(), options);
}

absl::Status SimCollector::Start() {
  auto storage = OpenStorage();
  if (!storage.ok()) return storage.status();
  node_.process = std::make_unique<boost::asio::io_context>(1);
  run_ = std::make_unique<Run>(*this, *std::move(storage));
  absl::Status status = run_->registry.Load();
  status.Update(run_->coverage->Load());
  run_->coverage->Start();
  return status;
}

void SimCollector::Kill() {
  if (!run_) return;
  queued_bytes_max_ = queued_bytes_max();
  // Posted work refers to the hub, the hub's sessions to the executor but to nothing behind it.
  node_.process.reset();
  run_.reset();
}

// A copy as of now, as backup tools make it: by a connection of its own.
absl::Status SimCollector::TakeBackup() {
  std::filesystem::remove(BackupPath());
  sqlite3* database = nullptr;
  int code = sqlite3_open_v2(DatabasePath().c_str(), &database, SQLITE_OPEN_READWRITE, nullptr);
  if (code == SQLITE_OK) {
    sqlite3_busy_timeout(database, 10'000);
    code =
        sqlite3_exec(database, StrCat("VACUUM INTO '", BackupPath().string(), "'").c_str(), nullptr, nullptr, nullptr);
  }
  const std::string message = database == nullptr ? "no memory" : sqlite3_errmsg(database);
  sqlite3_close(database);
  if (code != SQLITE_OK) return absl::InternalError(StrCat("backup: ", message));
  return absl::OkStatus();
}

bool SimCollector::Restore() {
  if (!std::filesystem::exists(BackupPath())) return false;
  for (const char* suffix : {"", "-wal", "-shm"}) std::filesystem::remove(DatabasePath().string() + suffix);
  std::filesystem::copy_file(BackupPath(), DatabasePath());
  observed_.clear();
  return true;
}

SimStorage* SimCollector::storage() { return run_ ? &run_->storage : nullptr; }

std::size_t SimCollector::queued_bytes_max() const {
  return run_ ? std::max(queued_bytes_max_, run_->storage.queued_bytes_max()) : queued_bytes_max_;
}

std::size_t SimCollector::sessions() const { return run_ ? run_->hub.session_count() : 0; }

absl::StatusOr<std::vector<collector::CoverageDay>> SimCollector::CoverageDays(const std::string& machine, int count) {
  if (!run_) return absl::FailedPreconditionError("the collector does not run");
  absl::StatusOr<std::vector<collector::CoverageDay>> days;
  const absl::Status status = run_->storage.Read([&](collector::StorageReader& reader) {
    const auto record = reader.GetMachine(machine);
    if (!record.ok()) return record.status();
    days = run_->coverage->Days(reader, *record, count);
    return absl::OkStatus();
  });
  return status.ok() ? days : status;
}

absl::Status SimCollector::Read(collector::Storage::ReadFunction read) {
  auto storage = OpenStorage();
  return storage.ok() ? (*storage)->Read(read) : storage.status();
}

std::shared_ptr<collector::Session> SimCollector::Accept(const std::string& machine_id,
                                                         collector::SessionTransport& transport) {
  if (!run_) return nullptr;
  return run_->hub.Open({machine_id, absl::InfiniteFuture()}, "192.0.2.1", transport);
}

void SimCollector::OnDelivered(const std::string& machine_id, const v1::AgentMessage& message) {
  if (message.has_gap()) ledger_.OnGapDeclared(machine_id, message.gap());
}

void SimCollector::OnObservation(const collector::Observation& observation) {
  if (!observed_.emplace(observation.machine->id, observation.epoch, observation.sequence).second) ++delivered_twice_;
}

}  // namespace steward::simulation
