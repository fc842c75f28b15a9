// The bounds of ingest. What happens at each is said beside it; counters show that it was reached.
#pragma once

#include <cstddef>
#include <cstdint>

#include "absl/time/time.h"

namespace steward::collector {

inline constexpr std::uint32_t kProtocolVersion = 1;

// Messages above it end the stream with RESOURCE_EXHAUSTED, by gRPC. Room for a payload at its own limit (1 MiB) and for
// the inventory of a machine with 10,000 packages.
inline constexpr std::size_t kMessageBytesMax = 4 << 20;

// Batches an agent may have under way unacknowledged. Beyond it the collector does not read the stream.
inline constexpr std::uint32_t kWindowBatches = 64;

// Memory held by one stream's queued writes, and by those of all. Above either the stream is not read until it falls.
inline constexpr std::size_t kSessionQueueBytesMax = 8 << 20;
inline constexpr std::size_t kStorageQueueBytesMax = 64 << 20;
// How soon a stream that waits for the other streams' writes looks again.
inline constexpr absl::Duration kBackpressureRecheck = absl::Milliseconds(50);

// Messages that an agent has not taken off yet. Above it the stream is not read.
inline constexpr std::size_t kOutgoingMessagesMax = 16;

// Epochs in one Hello; more end the stream with INVALID_ARGUMENT.
inline constexpr int kHeldEpochsMax = 4096;
// Epochs whose descriptors one stream keeps; the one not used for longest is forgotten and must be sent again.
inline constexpr std::size_t kEpochTablesMax = 16;
inline constexpr int kEventsPerBatchMax = 1000;
inline constexpr std::size_t kEventDetailBytesMax = 1024;
inline constexpr int kInventoryFactsMax = 50'000;
inline constexpr std::size_t kFactBytesMax = 16 * 1024;
// Renewals on one stream; more end it with RESOURCE_EXHAUSTED.
inline constexpr int kRenewalsPerStreamMax = 4;

// A stream without Hello for this long ends with DEADLINE_EXCEEDED.
inline constexpr absl::Duration kHelloTimeout = absl::Seconds(30);

// After the disk failed, how long until the same writes are tried again. Meanwhile the stream is not read.
inline constexpr absl::Duration kStorageRetryDelay = absl::Seconds(5);

}  // namespace steward::collector
