#include "collector/delivery/heartbeat.h"

#include <utility>

#include "absl/strings/str_join.h"
#include "boost/asio/post.hpp"
#include "spdlog/spdlog.h"

namespace steward::collector {
namespace {

std::string HostOf(const std::string& url) {
  const std::size_t start = url.find("://");
  if (start == std::string::npos) return url;
  std::string host = url.substr(start + 3, url.find_first_of("/?#", start + 3) - start - 3);
  return host.substr(host.rfind('@') + 1);
}

}  // namespace

Heartbeat::Heartbeat(const HeartbeatConfig& config, std::vector<Loop> loops, Clock& clock, boost::asio::any_io_executor executor,
                     HttpClient& http, prometheus::Registry& registry)
    : interval_(config.interval), loops_(std::move(loops)), http_(http), timer_(clock.NewTimer(executor)) {
  auto& sent = prometheus::BuildCounter().Name("steward_heartbeat_sent_total").Help("Signs of life taken by the watcher.").Register(registry);
  auto& failed = prometheus::BuildCounter().Name("steward_heartbeat_failed_total").Help("Signs of life that did not arrive.").Register(registry);
  withheld_ = &prometheus::BuildCounter()
                   .Name("steward_heartbeat_withheld_total")
                   .Help("Times that a part of the collector stood still, so that no sign of life was sent.")
                   .Register(registry)
                   .Add({});
  for (const std::string& url : config.urls) {
    Target target{url, HostOf(url)};
    target.sent = &sent.Add({{"target", target.host}});
    target.failed = &failed.Add({{"target", target.host}});
    targets_.push_back(std::move(target));
  }
  if (targets_.empty()) return;
  for (const Loop& loop : loops_) counts_.push_back(loop.progress.count());
  boost::asio::post(executor, [this, alive = std::weak_ptr(alive_)] {
    if (!alive.expired()) timer_->Start(interval_, [this] { Beat(); });
  });
}

Heartbeat::~Heartbeat() = default;

std::vector<std::string> Heartbeat::StuckLoops() {
  std::vector<std::string> stuck;
  for (std::size_t i = 0; i < loops_.size(); ++i) {
    const std::uint64_t count = loops_[i].progress.count();
    if (count == counts_[i]) stuck.push_back(loops_[i].name);
    counts_[i] = count;
  }
  return stuck;
}

void Heartbeat::Beat() {
  timer_->Start(interval_, [this] { Beat(); });
  const std::vector<std::string> stuck = StuckLoops();
  if (stuck.empty() == silent_) {  // changed
    silent_ = !stuck.empty();
    if (silent_) spdlog::error("no heartbeat is sent: {} stands still", absl::StrJoin(stuck, ", "));
    else spdlog::info("heartbeats are sent again");
  }
  if (silent_) {
    withheld_->Increment();
    return;
  }
  for (std::size_t i = 0; i < targets_.size(); ++i) Send(i);
}

void Heartbeat::Send(std::size_t index) {
  HttpCall request;
  request.url = targets_[index].url;
  http_.Start(std::move(request), [this, index, alive = std::weak_ptr(alive_)](const HttpAnswer& response) {
    if (alive.expired()) return;
    Target& target = targets_[index];
    const bool ok = response.failure == HttpFailure::kNone && response.status >= 200 && response.status < 300;
    (ok ? target.sent : target.failed)->Increment();
    if (ok != target.failing) return;  // as the last time
    target.failing = !ok;
    if (ok) spdlog::info("the heartbeat reaches {} again", target.host);
    else spdlog::warn("the heartbeat does not reach {}: {}", target.host,
                      response.failure == HttpFailure::kNone ? "HTTP " + std::to_string(response.status) : response.error);
  });
}

}  // namespace steward::collector
