// One connection: reads requests one after the other, asks the router, writes the replies. HTTP thread only.
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <unordered_set>
#include <utility>

#include "boost/asio/io_context.hpp"
#include "boost/asio/local/stream_protocol.hpp"
#include "boost/asio/ssl/context.hpp"
#include "boost/beast/core/basic_stream.hpp"
#include "boost/beast/core/tcp_stream.hpp"
#include "collector/api/http_router.h"

namespace steward::collector {

// Bounds of one request. Beyond them it is refused with 431 or 413 and the connection closed.
inline constexpr std::uint32_t kHttpHeaderBytesMax = 16 * 1024;
inline constexpr std::uint64_t kHttpBodyBytesMax = 1024 * 1024;
// For a whole request to come in, idle time before it included, and for each piece of a reply to leave.
inline constexpr std::chrono::seconds kHttpReadTimeout{75};
inline constexpr std::chrono::seconds kHttpWriteTimeout{30};

class HttpSession {
 public:
  virtual ~HttpSession() = default;
  virtual void Start() = 0;
  virtual void Close() = 0;
};

// What the sessions of a server share. Owned by the server; ends after its thread.
struct HttpContext {
  explicit HttpContext(HttpRouter& used_router) : router(used_router) {}

  HttpRouter& router;
  // Holds the sessions alive; a session takes itself out when it ends.
  std::unordered_set<std::shared_ptr<HttpSession>> sessions;
  boost::asio::io_context io{1};
};

using LocalStream = boost::beast::basic_stream<boost::asio::local::stream_protocol>;

std::shared_ptr<HttpSession> NewTcpSession(boost::beast::tcp_stream stream, HttpPeer peer,
                                           const std::shared_ptr<HttpContext>& context);
std::shared_ptr<HttpSession> NewTlsSession(boost::beast::tcp_stream stream, boost::asio::ssl::context& tls,
                                           HttpPeer peer, const std::shared_ptr<HttpContext>& context);
std::shared_ptr<HttpSession> NewLocalSession(LocalStream stream, HttpPeer peer,
                                             const std::shared_ptr<HttpContext>& context);

}  // namespace steward::collector
