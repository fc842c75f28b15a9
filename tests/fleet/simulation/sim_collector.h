// The collector's ingest and storage as they are, as a process that can be killed, and a data directory that can be set
// back to a backup.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <tuple>

#include "collector/config/config.h"
#include "collector/coverage/account.h"
#include "collector/identity/certificate_authority.h"
#include "collector/identity/machine_registry.h"
#include "collector/ingest/ingest_metrics.h"
#include "collector/ingest/session_hub.h"
#include "prometheus/registry.h"
#include "tests/fleet/simulation/ledger.h"
#include "tests/fleet/simulation/network.h"
#include "tests/fleet/simulation/sim_storage.h"
#include "tests/fleet/simulation/world.h"

namespace steward::simulation {

class SimCollector final : public Listener, private collector::ObservationSink {
 public:
  // All outlive the collector; `directory` exists; `interval` is that of all machines.
  SimCollector(World& world, Ledger& ledger, const collector::CertificateAuthority& authority,
               std::filesystem::path directory, absl::Duration interval);
  ~SimCollector() override;

  absl::Status Start();
  // As kill -9: what is not committed is gone. The streams must be dropped by their links first.
  void Kill();
  bool running() const { return run_ != nullptr; }

  absl::Status TakeBackup();
  // Not while it runs. False: there is no backup.
  bool Restore();

  SimStorage* storage();  // null: not running
  std::size_t queued_bytes_max() const;
  std::size_t sessions() const;
  // Whether those who watch were told of it since the last restore.
  bool Observed(const std::string& machine, std::uint64_t epoch, std::uint64_t sequence) const {
    return observed_.contains({machine, epoch, sequence});
  }
  std::uint64_t delivered_twice() const { return delivered_twice_; }
  // The coverage record as the API tells it: the last `count` days up to today. While it runs.
  absl::StatusOr<std::vector<collector::CoverageDay>> CoverageDays(const std::string& machine, int count);
  // Reads what is stored; not while it runs.
  absl::Status Read(collector::Storage::ReadFunction read);

 private:
  struct Run;

  std::shared_ptr<collector::Session> Accept(const std::string& machine_id,
                                             collector::SessionTransport& transport) override;
  void OnDelivered(const std::string& machine_id, const v1::AgentMessage& message) override;
  void OnObservation(const collector::Observation& observation) override;
  void OnConnected(const collector::MachineRecord&, const std::string&, absl::Time) override {}
  void OnDisconnected(const collector::MachineRecord&, absl::Time) override {}
  void OnMachineChanged(const collector::MachineRecord&) override {}
  absl::StatusOr<std::unique_ptr<collector::Storage>> OpenStorage();
  std::filesystem::path DatabasePath() const { return directory_ / "steward.db"; }
  std::filesystem::path BackupPath() const { return directory_ / "backup.db"; }

  World& world_;
  Ledger& ledger_;
  const collector::CertificateAuthority& authority_;
  const std::filesystem::path directory_;
  collector::AgentsConfig agents_;
  Node node_;
  std::unique_ptr<Run> run_;
  std::set<std::tuple<std::string, std::uint64_t, std::uint64_t>>
      observed_;  // machine, epoch, sequence; since the restore
  std::uint64_t delivered_twice_ = 0;
  std::size_t queued_bytes_max_ = 0;
};

}  // namespace steward::simulation
