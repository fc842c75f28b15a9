// Tells outside watchers that this collector works: the one alarm that still comes when the whole site is dark.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "boost/asio/any_io_executor.hpp"
#include "collector/config/config.h"
#include "collector/delivery/http_client.h"
#include "collector/delivery/progress.h"
#include "prometheus/counter.h"
#include "prometheus/registry.h"

namespace steward::collector {

class Heartbeat {
 public:
  struct Loop {
    std::string name;          // "ingest"
    const Progress& progress;
  };
  // Works on `executor`, the thread of `http`; made anywhere, destroyed there or when it runs no more. All references
  // outlive it. Sends GET to each URL every interval, if every loop has moved since the last time; else stays silent, which
  // is what the watcher waits for.
  Heartbeat(const HeartbeatConfig& config, std::vector<Loop> loops, Clock& clock, boost::asio::any_io_executor executor,
            HttpClient& http, prometheus::Registry& registry);
  ~Heartbeat();

 private:
  struct Target {
    std::string url;
    std::string host;      // what is logged and counted by: a heartbeat's path is often its secret
    bool failing = false;
    prometheus::Counter* sent = nullptr;
    prometheus::Counter* failed = nullptr;
  };

  void Beat();
  void Send(std::size_t index);
  std::vector<std::string> StuckLoops();

  absl::Duration interval_;
  std::vector<Loop> loops_;
  std::vector<std::uint64_t> counts_;  // as of the last beat, in the order of loops_
  std::vector<Target> targets_;
  HttpClient& http_;
  bool silent_ = false;
  prometheus::Counter* withheld_ = nullptr;
  std::unique_ptr<Timer> timer_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace steward::collector
