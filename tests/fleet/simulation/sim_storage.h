// The real SQLite storage, on the simulation's time: writes wait for their commit, commits happen one after the other
// and take as long as the simulated disk needs. What was not committed dies with the collector's process.
#pragma once

#include <cstdint>
#include <deque>
#include <filesystem>
#include <memory>

#include "absl/status/status.h"
#include "collector/storage/storage.h"
#include "tests/fleet/simulation/world.h"

namespace steward::simulation {

class SimStorage final : public collector::Storage {
 public:
  // Both outlive the storage.
  SimStorage(World& world, std::unique_ptr<collector::Storage> inner) : world_(world), inner_(std::move(inner)) {}

  absl::Duration commit_time = absl::Milliseconds(5);
  absl::Status failure;  // while it is not OK every write ends with it, undone

  void Write(WriteFunction write, WriteDone done, std::size_t bytes = 0) override;
  std::size_t QueuedBytes() const override { return queued_bytes_; }
  absl::Status Read(ReadFunction read) override { return inner_->Read(read); }

  std::size_t queued_bytes_max() const { return queued_bytes_max_; }

 private:
  struct Queued {
    WriteFunction write;
    WriteDone done;
    std::size_t bytes = 0;
  };
  void CommitLater();
  void Commit();

  World& world_;
  const std::unique_ptr<collector::Storage> inner_;
  std::deque<Queued> queue_;
  std::size_t queued_bytes_ = 0;
  std::size_t queued_bytes_max_ = 0;
  bool committing_ = false;
  const std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace steward::simulation
