// Brings committed samples to one receiver: read, send, wait for the answer, remember how far it got. One request at a
// time; what is in memory is one request's samples, all else waits in the storage. At least once, in the order of
// commits.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "base/clock.h"
#include "boost/asio/any_io_executor.hpp"
#include "collector/config/config.h"
#include "collector/delivery/http_client.h"
#include "collector/remote_write/answer.h"
#include "collector/remote_write/commit_feed.h"
#include "collector/remote_write/division.h"
#include "collector/remote_write/kept_cursor.h"
#include "collector/remote_write/remote_write_metrics.h"
#include "collector/storage/storage.h"

namespace steward::collector {

// Made anywhere; works on its executor alone. Destroyed there, or when that runs no more.
class RemoteWriteTarget {
 public:
  static constexpr absl::Duration kPoll = absl::Seconds(1);  // how often the storage is asked for more
  static constexpr absl::Duration kRetryFirst = absl::Milliseconds(500);
  static constexpr absl::Duration kRetryMax = absl::Seconds(30);
  static constexpr absl::Duration kRetryAfterMax = absl::Hours(1);  // a receiver's wish is kept up to here
  static constexpr absl::Duration kComplainEvery = absl::Hours(1);  // about samples that were given up

  using SendHttp = std::function<void(HttpCall call, std::function<void(HttpAnswer)> done)>;
  struct Parts {
    RemoteWriteConfig config;
    Storage& storage;
    Clock& clock;
    boost::asio::any_io_executor executor;  // one thread; its work reads the storage
    SendHttp send;                          // HttpClient::Start
    std::function<double()> random;         // in [0, 1)
    prometheus::Registry& registry;
  };
  explicit RemoteWriteTarget(Parts parts);
  ~RemoteWriteTarget();

  // Goes on where it was; a new target begins with what is stored from now on. From any thread, once.
  void Start();

 private:
  struct UnderWay;  // what was read and is not yet taken

  void Begin();
  absl::Status FindPlace();
  absl::StatusOr<std::string> FirstCursor();
  void Work();
  void Read();
  void Send();
  void OnAnswer(const HttpAnswer& answer);
  void OnTaken();
  void OnLater(const WriteAnswer& answer, std::optional<absl::Duration> retry_after);
  void OnRefused(const WriteAnswer& answer);
  void GiveUp(const WriteAnswer& answer, std::size_t samples);
  void GiveUpUnasked(const WriteAnswer& answer);
  void Advance();
  void After(absl::Duration delay, void (RemoteWriteTarget::*then)());
  void ShowLag();
  template <typename Function>
  auto WhileAlive(Function function);

  Parts parts_;
  RemoteWriteMetrics metrics_;
  KeptCursor kept_;
  CommitFeed feed_;
  RemoteWritePlace place_;
  std::unique_ptr<UnderWay> under_way_;
  std::uint32_t attempts_ = 0;  // of the request at hand
  std::size_t given_up_ = 0;    // samples since the last complaint
  absl::Duration complained_ = -absl::InfiniteDuration();
  bool storage_failing_ = false;
  std::unique_ptr<Timer> timer_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace steward::collector
