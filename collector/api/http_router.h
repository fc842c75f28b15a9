// What each path answers, and to whom. Knows requests and replies, no sockets.
#pragma once

#include <sys/types.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "boost/beast/http/message.hpp"
#include "boost/beast/http/string_body.hpp"
#include "collector/api/caller.h"
#include "collector/api/rpc_table.h"
#include "collector/latest/latest.h"
#include "collector/metrics/exposition.h"
#include "collector/metrics/text_source.h"
#include "collector/storage/storage.h"
#include "prometheus/counter.h"
#include "prometheus/family.h"
#include "prometheus/registry.h"

namespace steward::collector {

using HttpRequest = boost::beast::http::request<boost::beast::http::string_body>;

// The other end of a connection.
struct HttpPeer {
  bool local_socket = false;  // came by the collector's Unix socket; `user` is then the kernel's word for who it is
  uid_t user = 0;
  bool loopback = false;
  bool tls = false;
};

struct HttpReply {
  unsigned status = 200;
  std::string content_type = "text/plain; charset=utf-8";
  std::string body;
  std::unique_ptr<TextSource> source;  // sent instead of the body, piece by piece, if there is one
  std::vector<std::pair<std::string, std::string>> headers;
};

// All references outlive the router, and the registry also every answer of a method.
struct HttpRouterParts {
  const Latest& latest;
  const Exposition& exposition;
  Storage& storage;
  const RpcTable& rpc;
  prometheus::Registry& registry;
  // The caller behind an API token; Unauthenticated with what to do instead.
  std::function<absl::StatusOr<Caller>(std::string_view token)> check_token;
  // Why the collector cannot take anything in; OK if it can.
  std::function<absl::Status()> ready;
  uid_t own_user = 0;   // with root the owner on the local socket
  std::string version;  // shown in the console
  CoverageRatio coverage = {};  // likewise
  // The page of the issue of this id, as HTML; NotFound: there is none. Open to whom the overview is.
  std::function<absl::StatusOr<std::string>(std::string_view id)> issue_page = {};
  // Whether a link with this query opens the issue's page to everyone; none: no link does.
  std::function<bool(std::string_view id, std::string_view query)> link_opens = {};
};

class HttpRouter {
 public:
  using Respond = std::function<void(HttpReply)>;

  explicit HttpRouter(HttpRouterParts parts);

  // Calls `respond` once: at once for pages, on any thread for methods of the API.
  void Handle(const HttpRequest& request, const HttpPeer& peer, Respond respond);

  // The reply to what could not be read as a request; `target` as far as it is known.
  HttpReply Refuse(std::string_view target, unsigned status, std::string_view message);

 private:
  struct Page;
  using Requests = prometheus::Family<prometheus::Counter>;

  HttpReply Get(const Page& page, std::string_view path, const HttpRequest& request, const HttpPeer& peer);
  HttpReply Metrics(std::string_view path, const HttpRequest& request);
  HttpReply Overview() const;
  HttpReply Issue(std::string_view id) const;
  bool IsOpenedByLink(std::string_view path, const HttpRequest& request) const;
  HttpReply Ready() const;
  void Call(std::string_view path, const HttpRequest& request, const HttpPeer& peer, const Respond& respond);
  // None: nobody in particular.
  absl::StatusOr<std::optional<Caller>> Identify(const HttpRequest& request, const HttpPeer& peer) const;
  static void Count(Requests& requests, std::string_view page, unsigned status);

  const HttpRouterParts parts_;
  Requests& requests_;
};

// Whether an Accept-Encoding header allows gzip.
bool AcceptsGzip(std::string_view accept_encoding);

// Whether a Host header names this machine by an address, "localhost" or `host_name`: a page of another name that a browser
// was led to by a forged DNS answer does not.
bool IsOwnHost(std::string_view host, std::string_view host_name);

// host, host:port, [v6] or [v6]:port, and nothing else in it.
bool IsHostHeader(std::string_view host);

}  // namespace steward::collector
