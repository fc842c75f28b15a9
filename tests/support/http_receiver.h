// A receiver of HTTP requests on a port of its own: records what comes, and answers as it is told, badly too.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "base/mutex.h"
#include "absl/time/time.h"
#include "boost/asio/executor_work_guard.hpp"
#include "boost/asio/io_context.hpp"
#include "boost/asio/ip/tcp.hpp"

namespace steward::testing {

struct ReceivedRequest {
  std::string method, target, body;
  std::map<std::string, std::string> headers;  // lower-case names
};

struct ReceiverAnswer {
  enum class Kind { kAnswer, kHang, kReset };
  Kind kind = Kind::kAnswer;
  int status = 200;
  std::string body;
  std::map<std::string, std::string> headers;
};

class HttpReceiver {
 public:
  HttpReceiver();
  ~HttpReceiver();
  HttpReceiver(const HttpReceiver&) = delete;
  HttpReceiver& operator=(const HttpReceiver&) = delete;

  std::string url(const std::string& path = "/hook") const;

  // The next requests are answered by these, in order; then by what was set last as the rule (200 at first).
  void Next(ReceiverAnswer answer);
  void Always(ReceiverAnswer answer);

  // Waits until that many requests came in all; the ones there are when time is over.
  std::vector<ReceivedRequest> WaitFor(std::size_t count, absl::Duration deadline = absl::Seconds(20)) const;
  std::vector<ReceivedRequest> requests() const { return WaitFor(0); }

 private:
  class Session;
  void Accept();
  ReceiverAnswer Take(ReceivedRequest request);

  boost::asio::io_context io_{1};
  boost::asio::ip::tcp::acceptor acceptor_;
  std::uint16_t port_ = 0;
  mutable Mutex mutex_;
  std::vector<ReceivedRequest> requests_ ABSL_GUARDED_BY(mutex_);
  std::deque<ReceiverAnswer> next_ ABSL_GUARDED_BY(mutex_);
  ReceiverAnswer always_ ABSL_GUARDED_BY(mutex_);
  std::thread thread_;
};

}  // namespace steward::testing
