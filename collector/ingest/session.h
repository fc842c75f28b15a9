// One agent's stream: what may follow what, what is stored, what is answered. Above a transport of its own, so that it is
// tested without gRPC.
//
// Hello first; Welcome answers it. Then in any order: descriptors (before the batches that use them), segments with their
// batches, backlog as granted, inventory, gaps, renewal. Messages are asked for one at a time, and only while the queues are
// within their bounds; the batches among those that came together are one write.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "base/clock.h"
#include "collector/identity/peer_verifier.h"
#include "collector/ingest/acknowledger.h"
#include "collector/ingest/epoch_tables.h"
#include "collector/ingest/machine_clocks.h"
#include "collector/ingest/ordered_writer.h"
#include "collector/ingest/segment_reader.h"
#include "collector/ingest/session_hub.h"
#include "collector/ingest/session_transport.h"
#include "steward/v1/uplink.pb.h"

namespace steward::collector {

// Core thread.
class Session : public std::enable_shared_from_this<Session>, private BacklogPool::Taker {
 public:
  // Only for SessionHub::Open.
  Session(SessionHub& hub, VerifiedPeer peer, std::string address, SessionTransport& transport);

  void Start();

  // From the transport. After `more_at_hand` another one follows at once, or OnMessagesTaken.
  void OnMessage(v1::AgentMessage message, bool more_at_hand = false);
  void OnMessagesTaken() { StoreBatches(); }
  void OnHalfClosed();  // the agent sends no more; it still gets what is due
  void OnSent();        // one message was taken
  void OnLost();        // the stream is broken

  // Ends the stream with this status. Writes under way still become durable and are handed on.
  void End(absl::Status status);

  const MachineId& machine_id() const { return peer_.machine_id; }
  const std::string& address() const { return address_; }
  bool connected() const { return connected_; }  // was welcomed

 private:
  enum class State { kAwaitHello, kOpening, kOpen, kEnded };
  struct StoredBatch;
  struct StoredBatches;
  struct Opening;  // what the store knows of the machine when it says Hello

  absl::Status Handle(v1::AgentMessage& message);
  absl::Status HandleHello(const v1::Hello& hello);
  absl::Status CheckHardware(const v1::Hello& hello) const;
  absl::Status HandleDescriptors(v1::DescriptorSet& set);
  absl::Status HandleSegment(const v1::SegmentStart& segment);
  absl::Status HandleBatch(v1::Batch& batch);
  absl::Status HandleBacklog(v1::Backlog& backlog);
  absl::Status HandleBacklogRequest(const v1::BacklogRequest& request);
  absl::Status HandleClock(const v1::ClockReading& reading);
  absl::Status HandleInventory(v1::Inventory& inventory);
  absl::Status HandleGap(const v1::GapDeclaration& gap);
  absl::Status HandleRenewal(const v1::RenewRequest& request);

  void Welcome(absl::StatusOr<MachinePointer> machine, const Opening& opening);
  void Measure(const ClockMeasurement& measurement);
  void ProbeClockLater();
  absl::StatusOr<std::unique_ptr<SegmentReader>> OpenSegment(const v1::SegmentStart& segment, bool backlog);
  absl::Status TakeBatch(SegmentReader& segment, v1::Batch& batch, bool backlog);
  void GatherBatch(ReadBatch read, bool backlog);
  static absl::Status StoreBatch(StoredBatch& batch, StorageTransaction& transaction);
  void StoreBatches();    // what was gathered, as one write
  void OnBatchesStored(const StoredBatches& batches, const absl::Status& status);
  void Acknowledge(const StoredBatch& batch);
  void Refuse(std::uint64_t epoch, std::uint64_t sequence, const absl::Status& why);
  void OnBacklogGranted(std::uint64_t batches) override;

  bool MayRead() const;
  void ReadOn();          // asks for the next message if the bounds allow it
  void AcknowledgeSoon();
  void SendAcknowledgements();
  void EndIfDrained();

  SessionHub& hub_;
  const IngestParts& parts_;
  const VerifiedPeer peer_;
  const std::string address_;
  SessionTransport& transport_;
  State state_ = State::kAwaitHello;
  bool reading_ = false;
  bool half_closed_ = false;
  bool connected_ = false;
  bool acknowledge_posted_ = false;
  int renewals_ = 0;
  const std::unique_ptr<Timer> timer_;  // for Hello, later to look at the store's queue again
  const std::shared_ptr<OrderedWriter> writer_;
  EpochTables tables_;
  const std::unique_ptr<Timer> probe_timer_;
  std::optional<MachineClocks> clocks_;      // from the Welcome on
  bool answers_probes_ = false;              // it knows ClockReading
  absl::Duration clock_asked_;               // boot clock, of the last Welcome or probe
  std::int64_t clock_asked_wall_ms_ = 0;     // what it said
  std::unique_ptr<SegmentReader> segment_;   // the live one
  std::unique_ptr<SegmentReader> backlog_;   // beside it
  std::shared_ptr<StoredBatches> gathered_;  // not given to the store yet; null: nothing
  Acknowledger acknowledger_;
};

}  // namespace steward::collector
