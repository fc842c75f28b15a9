// The conversation over one stream: Hello, Welcome, then what the spool holds, as far as the collector grants.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "agent/spool/spool.h"
#include "agent/uplink/stream.h"
#include "base/clock.h"
#include "steward/v1/inventory.pb.h"
#include "steward/v1/uplink.pb.h"

namespace steward::agent {

// The newest inventory: its digest, and how to get it when it must be sent (it is not kept in memory).
struct InventoryOffer {
  std::string digest;
  std::function<absl::StatusOr<v1::Inventory>()> load;
};

// What the session tells its owner; called on the executor, never from within a call to the session.
class SessionOwner {
 public:
  virtual ~SessionOwner() = default;
  virtual void OnWelcome(const v1::Welcome& welcome) = 0;
  virtual void OnPolicy(const v1::Policy& policy) = 0;
  virtual void OnAcknowledged(std::uint64_t epoch, std::uint64_t first, std::uint64_t last) = 0;
  virtual void OnRefused(std::uint64_t epoch, const v1::Refusal& refusal) = 0;
  virtual void OnInventoryAcknowledged(const std::string& digest) = 0;
  virtual void OnRenewal(const std::string& key_pem, const v1::RenewResponse& response) = 0;
  virtual void OnSessionEnded(const absl::Status& status) = 0;  // the last call; the session may be destroyed in it
};

class UplinkSession final : public UplinkStream::Handler {
 public:
  struct Parts {
    Clock& clock;
    Spool& spool;
    SessionOwner& owner;
    std::function<bool(std::uint64_t epoch)> passes_over;  // epochs that are not sent now
  };
  // `hello` without what the spool and the clock say, which is filled in when the stream is open.
  UplinkSession(Parts parts, v1::Hello hello) : parts_(parts), hello_(std::move(hello)) {}

  void Start(UplinkConnector& connector, const ChannelSettings& settings) {
    stream_ = connector.Connect(settings, *this);
  }
  bool welcomed() const { return welcomed_; }
  // The epoch of the segment that was opened last; 0: none was.
  std::uint64_t sending_epoch() const { return sending_epoch_; }
  // Something was appended to the spool, or the inventory is a new one.
  void Wake();
  void OfferInventory(const InventoryOffer& offer);
  void Cancel() { stream_->Cancel(); }

 private:
  struct SentGap {
    SpoolGap gap;
    std::uint64_t epoch_after = 0;     // a batch that was sent after it; 0: none yet
    std::uint64_t sequence_after = 0;
  };

  void OnWritable() override;
  void OnMessage(const v1::CollectorMessage& message) override;
  void OnClosed(const absl::Status& status) override { parts_.owner.OnSessionEnded(status); }

  void OnWelcome(const v1::Welcome& welcome);
  void OnAcknowledgement(const v1::Acknowledgement& acknowledgement);
  void TakeCommitted(std::uint64_t epoch, std::uint64_t first, std::uint64_t last);

  void Pump();                        // writes the next message, if one may be written
  void Write(const v1::AgentMessage& message);
  bool WriteControl();
  void QueueGaps();
  void QueueRenewalIfDue();
  void QueueInventoryIfNew();
  bool OpenNextSegment();
  void QueueDescriptors(std::uint64_t epoch);
  bool WriteNextBatch();              // false: nothing to write in this segment now
  void NoteBatchSent(std::uint64_t epoch, std::uint64_t sequence);
  void EndSegment();

  const Parts parts_;
  v1::Hello hello_;
  std::unique_ptr<UplinkStream> stream_;
  bool writable_ = false;
  bool said_hello_ = false;
  bool welcomed_ = false;

  std::deque<v1::AgentMessage> control_;
  std::unique_ptr<SegmentCursor> cursor_;
  std::uint64_t sending_epoch_ = 0;
  std::uint64_t done_ordinal_ = 0;                          // segments up to it were sent on this stream
  std::map<std::uint64_t, std::uint64_t> descriptor_offset_;  // by epoch: sent up to
  std::uint64_t window_ = 0;
  std::map<std::uint64_t, IntervalSet> under_way_;          // by epoch
  std::uint64_t under_way_count_ = 0;
  std::vector<SentGap> gaps_;

  InventoryOffer inventory_;
  std::string inventory_known_;                             // digest the collector has, or was sent
  absl::Time renew_time_ = absl::InfiniteFuture();          // by the collector's clock
  absl::Duration collector_wall_minus_boot_;
  std::string renewal_key_pem_;                             // asked for and not answered yet
};

}  // namespace steward::agent
