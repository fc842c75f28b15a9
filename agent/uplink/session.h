// The conversation over one stream: Hello, Welcome, then what the spool holds, as far as the collector grants: the segment
// that is being written first, then each new batch at once; beside them the older segments, newest first, in groups and
// under a credit of their own. To a collector that knows no backlog everything goes oldest first, as one.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
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
  // The collector has other batches under the running epoch: start another one. May be called within the welcome.
  virtual void OnRolledBack() = 0;
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
  bool RolledBack(const v1::Welcome& welcome) const;
  bool MayBeAnothers(const v1::EpochRanges& has, std::uint64_t newest_here) const;
  void OnAcknowledgement(const v1::Acknowledgement& acknowledgement);
  void TakeCommitted(std::uint64_t epoch, std::uint64_t first, std::uint64_t last);

  void Pump();                        // writes the next message, if one may be written
  void Write(const v1::AgentMessage& message);
  bool WriteControl();
  void QueueGaps();
  void QueueRenewalIfDue();
  void QueueInventoryIfNew();
  void QueueClockReading(std::int64_t collector_wall_ms);
  void QueueDescriptors(std::uint64_t epoch);
  std::unique_ptr<SegmentCursor> Open(std::uint64_t ordinal);  // null: passed over
  void NoteSent(std::map<std::uint64_t, IntervalSet>& under_way, std::uint64_t epoch, std::uint64_t sequence);
  // Takes them off what is under way; those of [first, last] that were.
  IntervalSet TakeUnderWay(std::uint64_t epoch, std::uint64_t first, std::uint64_t last);

  // session_live.cc: each returns whether the pump may go on.
  bool PumpLive();
  std::uint64_t NextLiveSegment() const;  // ordinal; 0: none
  bool WriteNextBatch();
  void EndSegment();

  // session_backlog.cc
  bool PumpBacklog();
  std::uint64_t NextBacklogSegment() const;
  std::uint64_t CountBacklog() const;
  void AskForBacklog(std::uint64_t batches);
  bool WriteBacklogGroup();

  const Parts parts_;
  v1::Hello hello_;
  std::unique_ptr<UplinkStream> stream_;
  bool writable_ = false;
  bool said_hello_ = false;
  bool welcomed_ = false;

  std::deque<v1::AgentMessage> control_;
  std::uint64_t sending_epoch_ = 0;
  std::set<std::uint64_t> done_;                            // ordinals of segments that were sent whole, or passed over
  std::map<std::uint64_t, std::uint64_t> descriptor_offset_;  // by epoch: sent up to
  std::vector<SentGap> gaps_;

  std::unique_ptr<SegmentCursor> live_;
  std::uint64_t live_ordinal_ = 0;                          // opened last; 0: none
  std::uint64_t window_ = 0;
  std::map<std::uint64_t, IntervalSet> under_way_;          // by epoch, backlog apart
  std::uint64_t under_way_count_ = 0;

  bool takes_backlog_ = false;                              // the collector
  std::unique_ptr<SegmentCursor> backlog_;
  bool backlog_begun_ = false;                              // something of the segment was sent
  std::uint64_t backlog_asked_ = 0;                         // of it nothing was granted yet
  std::uint64_t backlog_credit_ = 0;
  std::map<std::uint64_t, IntervalSet> backlog_under_way_;  // by epoch

  InventoryOffer inventory_;
  std::string inventory_known_;                             // digest the collector has, or was sent
  absl::Time renew_time_ = absl::InfiniteFuture();          // by the collector's clock
  absl::Duration collector_wall_minus_boot_;
  std::string renewal_key_pem_;                             // asked for and not answered yet
};

}  // namespace steward::agent
