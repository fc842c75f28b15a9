// Carries the outbox to the channels: at least once, in order within an issue and channel, one channel never waiting for
// another. What a stage makes of several messages is a row of its own, written in one transaction with the end of theirs:
// a repeat is the same bundle under the same key.
#pragma once

#include <atomic>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "base/clock.h"
#include "boost/asio/any_io_executor.hpp"
#include "collector/api/channel_tester.h"
#include "collector/delivery/channel.h"
#include "collector/delivery/delivery_metrics.h"
#include "collector/delivery/progress.h"
#include "collector/delivery/stages/channel_stages.h"
#include "collector/storage/storage.h"
#include "prometheus/registry.h"

namespace steward::collector {

class DeliveryService final : public ChannelTester {
 public:
  static constexpr std::size_t kUnderWayPerChannel = 4;
  static constexpr absl::Duration kPulse = absl::Seconds(5);  // of the progress; also when the storage is asked again

  struct Parts {
    Storage& storage;
    Clock& clock;
    boost::asio::any_io_executor executor;  // one thread; its work may read the storage
    std::vector<std::unique_ptr<Channel>> channels;
    std::function<double()> random;         // in [0, 1)
    prometheus::Registry& registry;
    Progress& progress;                     // moves while the outbox can be read
    // The stages before a channel, by its name; null: none.
    std::function<std::unique_ptr<ChannelStages>(const std::string& channel)> stages_of = {};
  };
  // Made anywhere; works on its executor alone. Destroyed on the executor, or when that runs no more.
  explicit DeliveryService(Parts parts);
  ~DeliveryService() override;

  // Takes up what waits in the outbox. From any thread.
  void Start() { Wake(); }
  // There is something new in the outbox. From any thread; several calls may become one.
  void Wake();

  // Sends a marked test message now, once, past the outbox. From any thread; `done` is called on the executor.
  // NotFound: no such channel, with those there are.
  void TestChannel(const std::string& channel, std::function<void(absl::StatusOr<v1::TestChannelResponse>)> done) override;
  void RetryDeliveries(const std::string& key, const std::string& channel, const std::string& by,
                       std::function<void(absl::StatusOr<std::vector<OutboxRecord>>)> done) override;

 private:
  struct Lane {  // the messages of one issue for one channel, oldest first
    std::deque<OutboxRecord> waiting;
    bool under_way = false;
  };
  struct Post {
    std::unique_ptr<Channel> channel;
    std::unique_ptr<DeliveryMetrics> metrics;
    std::unique_ptr<ChannelStages> stages;  // null: none
    std::map<std::string, Lane> lanes;  // by issue; bundles in that of ""
    std::map<std::string, std::size_t> bundled;  // issues of bundles that wait: in how many
    std::size_t under_way = 0;
  };

  // Stores that they wait again, with who wanted it, then sends them.
  void SendOnceMore(std::vector<OutboxRecord> records, const std::string& by,
                    std::function<void(absl::StatusOr<std::vector<OutboxRecord>>)> done);
  void Load();
  absl::Status Resume(StorageReader& reader);
  void Enqueue(OutboxRecord record);
  // Counts the issues of a bundle that waits, or does no longer.
  static void CountBundled(const OutboxRecord& record, bool waits, Post& post);
  void Pass(Post& post, absl::Time now);
  void Bundle(ChannelStages::Leaving leaving);
  void Dispatch();
  void Send(Post& post, const std::string& issue_id, Lane& lane);
  void OnOutcome(const std::string& channel, const std::string& issue_id, const SendOutcome& outcome);
  void Keep(OutboxRecord record);
  void KeepNext();
  void Pulse();
  template <typename Function>
  auto WhileAlive(Function function);

  Parts parts_;
  std::map<std::string, Post> posts_;  // by channel name
  std::int64_t loaded_to_ = 0;         // outbox ids up to here are known
  bool resumed_ = false;
  std::deque<OutboxRecord> to_keep_;   // outcomes that the storage does not have yet
  std::vector<OutboxRecord> unbundled_;  // their bundle could not be stored: planned anew with the next pulse
  bool keeping_ = false;
  std::atomic<bool> woken_ = false;
  std::unique_ptr<Timer> retry_timer_;
  std::unique_ptr<Timer> pulse_timer_;
  std::unique_ptr<Timer> keep_timer_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace steward::collector
