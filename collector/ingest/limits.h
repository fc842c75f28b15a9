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

// Of a boot's name, in Hello and in a segment. Linux gives 36.
inline constexpr std::size_t kBootIdBytesMax = 128;

// Batches an agent may have under way unacknowledged. Beyond it the collector does not read the stream.
inline constexpr std::uint32_t kWindowBatches = 64;

// While more of a stream is on its way into the store, so many are acknowledged at once: each message costs both sides a write
// and a wakeup. A small part of the window, so that the agent never waits for it.
inline constexpr std::size_t kAcknowledgeBatches = kWindowBatches / 4;

// Backlog, beside the window: so many batches of all streams together may be granted and not stored yet. Of usual size
// (500 values) that is some 3 MiB decoded; the queue bounds below hold for unusual ones. A live batch waits for the commit
// that is under way and for its own: with so many in each, some milliseconds.
inline constexpr std::uint64_t kBacklogBatchesMax = 240;
// What a stream gets in one turn: a segment of 15 minutes at the usual interval.
inline constexpr std::uint64_t kBacklogTurnBatches = 60;
// What one stream may have granted and not stored: two turns, so that a lone one need not wait for each answer.
inline constexpr std::uint64_t kBacklogPerStreamMax = 2 * kBacklogTurnBatches;
// No turns while the store's queue is longer: a sixteenth of its bound, the rest is for live batches.
inline constexpr std::size_t kBacklogQueueBytesMax = 4 << 20;
// A grant that is not used for so long is taken back when others wait.
inline constexpr absl::Duration kBacklogGrantIdle = absl::Seconds(30);

// Memory held by one stream's queued writes, and by those of all. Above either the stream is not read until it falls.
inline constexpr std::size_t kSessionQueueBytesMax = 8 << 20;
inline constexpr std::size_t kStorageQueueBytesMax = 64 << 20;
// How soon a stream that waits for the other streams' writes looks again.
inline constexpr absl::Duration kBackpressureRecheck = absl::Milliseconds(50);

// Read ahead of what the core thread has handled, by each stream: several messages then cost one hand-over between
// threads. By 10,000 streams at once only in theory: each holds but what its window lets the agent send.
inline constexpr std::size_t kReadAheadMessagesMax = 16;
inline constexpr std::size_t kReadAheadBytesMax = 128 << 10;  // one message more may come

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

// Runs of one machine (boot and epoch) that are remembered; as many returns to earlier ones within the time mean two machines
// with one identity. From then on, for so long, the one that is connected keeps it.
inline constexpr std::size_t kIncarnationsKept = 8;
inline constexpr std::size_t kIdentityReturns = 2;
inline constexpr absl::Duration kIdentityReturnsWithin = absl::Hours(1);
inline constexpr absl::Duration kIdentityConflictFor = absl::Hours(24);

// What a queued batch or gap holds in memory beside its bytes, about.
inline constexpr std::size_t kBatchOverheadBytes = 512;

// A machine's wall clock within this of the collector's, or within what the measurement can tell, is taken at its word. Half of
// the tolerance of a sample's time: the rest is for what is left alone below and for the drift until the next measurement.
inline constexpr absl::Duration kClockTrusted = absl::Milliseconds(500);
// Smaller differences to what was measured before are left alone.
inline constexpr absl::Duration kClockTolerance = absl::Milliseconds(250);
// Others are made good at one part in so many: no second of a machine is ever longer or shorter than by 1 %.
inline constexpr std::int64_t kClockSlewInverse = 100;
inline constexpr std::size_t kClockPointsMax = 256;  // a boot; the oldest are forgotten, before them the clock runs straight
// A boot clock that is behind its stored samples by more was set back with its machine.
inline constexpr absl::Duration kClockWentBack = absl::Seconds(60);
inline constexpr absl::Duration kClockProbeInterval = absl::Hours(1);
// What a segment spans at most; and no wall clock before this is believed (a dead battery begins in 1970, 1980 or 2000).
inline constexpr absl::Duration kSegmentLongest = absl::Minutes(15);
inline constexpr absl::Time kNoMachineBefore = absl::FromUnixSeconds(1'577'836'800);  // 2020

// A stream without Hello for this long ends with DEADLINE_EXCEEDED.
inline constexpr absl::Duration kHelloTimeout = absl::Seconds(30);

// After the disk failed, how long until the same writes are tried again. Meanwhile the stream is not read.
inline constexpr absl::Duration kStorageRetryDelay = absl::Seconds(5);

}  // namespace steward::collector
