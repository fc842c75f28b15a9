// One agent's stream: what may follow what, what is stored, what is answered. Above a transport of its own, so that it is
// tested without gRPC.
//
// Hello first; Welcome answers it. Then in any order: descriptors (before the batches that use them), segments with their
// batches, inventory, gaps, renewal. One message is read at a time, and only while the queues are within their bounds.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "base/clock.h"
#include "collector/identity/peer_verifier.h"
#include "collector/ingest/acknowledger.h"
#include "collector/ingest/epoch_tables.h"
#include "collector/ingest/ordered_writer.h"
#include "collector/ingest/segment_reader.h"
#include "collector/ingest/session_hub.h"
#include "collector/ingest/session_transport.h"
#include "steward/v1/uplink.pb.h"

namespace steward::collector {

// Core thread.
class Session : public std::enable_shared_from_this<Session> {
 public:
  // Only for SessionHub::Open.
  Session(SessionHub& hub, VerifiedPeer peer, std::string address, SessionTransport& transport);

  void Start();

  // From the transport.
  void OnMessage(v1::AgentMessage message);
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

  absl::Status Handle(v1::AgentMessage& message);
  absl::Status HandleHello(const v1::Hello& hello);
  absl::Status HandleDescriptors(v1::DescriptorSet& set);
  absl::Status HandleSegment(const v1::SegmentStart& segment);
  absl::Status HandleBatch(v1::Batch& batch);
  absl::Status HandleInventory(v1::Inventory& inventory);
  absl::Status HandleGap(const v1::GapDeclaration& gap);
  absl::Status HandleRenewal(const v1::RenewRequest& request);

  void Welcome(absl::StatusOr<MachinePointer> machine, const std::vector<v1::EpochRanges>& committed);
  void StoreBatch(ReadBatch read);
  void OnBatchStored(const StoredBatch& batch, const absl::Status& status);
  void Refuse(std::uint64_t sequence, const absl::Status& why);

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
  std::unique_ptr<SegmentReader> segment_;
  Acknowledger acknowledger_;
};

}  // namespace steward::collector
