// Sends mail by SMTP, one at a time on a thread of its own: a server that hangs holds up nobody else.
#pragma once

#include <curl/curl.h>

#include <atomic>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/time/time.h"
#include "base/mutex.h"
#include "boost/asio/any_io_executor.hpp"

namespace steward::collector {

struct SmtpCall {
  std::string server;                  // host:port
  enum class Security { kStartTls, kTls, kNone } security = Security::kStartTls;
  std::string user;                    // empty: no login
  std::string password;
  std::string bearer_token;            // not empty: XOAUTH2 with it instead of the password
  std::string ca_file;                 // PEM; empty: the system's authorities
  std::string from;                    // bare addresses
  std::vector<std::string> to;
  std::string message;                 // whole, lines end with \r\n
  absl::Duration connect_timeout = absl::Seconds(10);
  absl::Duration timeout = absl::Seconds(60);  // for all of it
};

struct SmtpAnswer {
  CURLcode code = CURLE_OK;            // OK: taken for one recipient at least
  std::string error;                   // in libcurl's words
  std::string accepted;                // the last reply of 250: "250 2.0.0 Ok: queued as 4Z1"
  std::vector<std::string> refusals;   // every reply of 4xx and 5xx, in order
};

class SmtpClient {
 public:
  // `done` of each call comes on `executor`.
  explicit SmtpClient(boost::asio::any_io_executor executor);
  // Breaks off what is under way; what was not done is not called back.
  ~SmtpClient();
  SmtpClient(const SmtpClient&) = delete;
  SmtpClient& operator=(const SmtpClient&) = delete;

  // From any thread. `done` comes once, never from within this call.
  void Start(SmtpCall call, std::function<void(SmtpAnswer)> done);

 private:
  struct Job {
    SmtpCall call;
    std::function<void(SmtpAnswer)> done;
  };

  void Run();

  boost::asio::any_io_executor executor_;
  std::atomic<bool> stopping_ = false;
  Mutex mutex_;
  std::deque<Job> jobs_ ABSL_GUARDED_BY(mutex_);
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
  std::thread thread_;  // last: it uses the others
};

}  // namespace steward::collector
