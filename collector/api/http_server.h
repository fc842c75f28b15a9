// The collector's HTTP port and local socket, on a thread of their own.
#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "collector/api/http_router.h"
#include "collector/config/config.h"

namespace steward::collector {

// Connections open at once. Further ones to the port are closed at once; the local socket, whose users are the owner, always
// lets one more in.
inline constexpr std::size_t kHttpConnectionsMax = 512;

struct HttpServerOptions {
  HostPort listen{"127.0.0.1", 7480};  // port 0: the system picks one
  std::string certificate;             // PEM files; both or none. With them the port speaks TLS only.
  std::string key;
  std::string socket_path;             // <data>/collector.sock; empty: no local socket
};

// Whether Start can use them: InvalidArgument names the file and says what to do. Both may be empty.
absl::Status CheckHttpTls(const std::string& certificate, const std::string& key);

class HttpServer {
 public:
  // `parts` is what HttpRouter needs; it outlives the server.
  HttpServer(HttpServerOptions options, HttpRouterParts parts);
  // Stops.
  ~HttpServer();

  // Binds, then serves on a thread of its own. InvalidArgument: certificate or key not usable, or an address off the
  // loopback without them; FailedPrecondition: the port is taken, with which and what to do; others from the system.
  absl::Status Start();

  // Closes everything; replies under way break off. Safe to call twice, and without Start.
  void Stop();

  // http://127.0.0.1:7480, with the port in use. After Start.
  const std::string& url() const { return url_; }

 private:
  class Impl;

  std::string url_;
  std::unique_ptr<Impl> impl_;
};

}  // namespace steward::collector
