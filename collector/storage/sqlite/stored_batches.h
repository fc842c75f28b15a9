// Reading what batches are stored: runs in the log, blocks, committed sequences, descriptors.
// Throws SQLite::Exception where it does not return a Status.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "collector/storage/interval_set.h"
#include "collector/storage/sqlite/batch_log.h"
#include "collector/storage/sqlite/block_codec.h"
#include "collector/storage/sqlite/connection.h"
#include "steward/v1/sample.pb.h"

namespace steward::collector {

// Keeps the bytes that StoredBatch refers to.
struct BatchBytes {
  std::deque<std::string> rows;
  std::vector<std::unique_ptr<const std::string>> blocks;
  std::vector<std::deque<std::string>> payloads;
};

// Which batches of a block the hours know; stored: permanent values.
enum class RolledUp : std::int64_t { kNone = 0, kAll = 1, kDecoded = 2 };

std::vector<Run> RunsOf(Connection& connection, std::int64_t machine, std::uint64_t epoch);  // by first sequence
std::vector<Run> RunsOfMachine(Connection& connection, std::int64_t machine);                // by epoch, first sequence
IntervalSet CommittedOf(Connection& connection, std::int64_t machine, std::uint64_t epoch);

// Appends the batches of a run, newest first. DataLoss: one of them is not there.
absl::Status ReadRun(Connection& connection, const Run& run, BatchBytes& bytes, std::vector<StoredBatch>& batches);
// Appends the batches of a block, by sequence.
absl::Status ReadBlock(Connection& connection, std::int64_t block, BatchBytes& bytes,
                       std::vector<StoredBatch>& batches);

// BatchChecksum of what was received under this sequence; none if it is not stored any more.
absl::StatusOr<std::optional<std::uint32_t>> ChecksumOfStored(Connection& connection, std::int64_t machine,
                                                              std::uint64_t epoch, std::uint64_t sequence);
std::uint32_t ChecksumOf(const StoredBatch& batch);

absl::StatusOr<v1::DescriptorSet> DescriptorsOf(Connection& connection, std::int64_t machine, std::uint64_t epoch);
absl::Status AddDescriptors(Connection& connection, std::int64_t machine, const v1::DescriptorSet& set);

}  // namespace steward::collector
