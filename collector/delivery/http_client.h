// Many HTTP requests at once on one Asio thread, by libcurl: proxies, TLS and authentication are its job.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "boost/asio/any_io_executor.hpp"

namespace steward::collector {

struct HttpCall {
  std::string method = "GET";          // GET or POST
  std::string url;                     // http or https
  std::vector<std::string> headers;    // "Name: value", without line ends
  std::string body;
  std::string ca_file;                 // PEM; empty: the system's authorities
  absl::Duration connect_timeout = absl::Seconds(10);
  absl::Duration timeout = absl::Seconds(30);  // for all of it
  std::size_t body_bytes_kept = 1024;  // of the answer
};

enum class HttpFailure {
  kNone,      // there is an answer: look at status
  kUrl,       // not a usable address
  kName,      // the host's name was not found
  kConnect,   // refused or no way to it
  kTimeout,
  kTls,       // no agreement, or the certificate is not trusted
  kBroken,    // the connection ended before an answer
};

struct HttpAnswer {
  HttpFailure failure = HttpFailure::kNone;
  std::string error;                   // why there was no answer, in libcurl's words
  long status = 0;                     // 0 without an answer
  std::string body;                    // its beginning, at most body_bytes_kept
  std::optional<absl::Duration> retry_after;
};

// All calls and callbacks on `executor`, which is one thread. Redirects are not followed.
class HttpClient {
 public:
  explicit HttpClient(boost::asio::any_io_executor executor);
  // What is under way is dropped without a call.
  ~HttpClient();
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  // Calls `done` once, never from within this call.
  void Start(HttpCall request, std::function<void(HttpAnswer)> done);

 private:
  class Multi;
  std::shared_ptr<Multi> multi_;
};

}  // namespace steward::collector
