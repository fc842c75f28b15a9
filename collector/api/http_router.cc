#include "collector/api/http_router.h"

#include <unistd.h>

#include <algorithm>
#include <exception>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "base/text.h"
#include "boost/beast/http/field.hpp"
#include "boost/beast/http/verb.hpp"
#include "collector/api/connect_error.h"
#include "collector/api/service_discovery.h"
#include "collector/console/overview.h"
#include "proto/wire/utf8.h"
#include "spdlog/spdlog.h"

namespace steward::collector {
namespace {

namespace http = boost::beast::http;

constexpr std::string_view kApiPrefix = "/steward.v1.";
constexpr std::string_view kMachinePagePrefix = "/metrics/machines/";
constexpr std::string_view kIssuePagePrefix = "/issues/";
constexpr char kOnBehalfHeader[] = "Steward-As";
constexpr std::size_t kNameBytesMax = 100;
constexpr char kWhatExists[] =
    "There is: / (overview), /issues/<id>, /metrics, /metrics/machines/<id>, /metrics/collector, /sd/prometheus, /-/healthy, "
    "/-/ready, and POST /steward.v1.<Service>/<Method>.\n";

std::string_view Field(const HttpRequest& request, http::field field) {
  const auto value = request[field];
  return {value.data(), value.size()};
}

// The path alone: without query, and without scheme and host if a proxy left them in.
std::string_view PathOf(const HttpRequest& request) {
  std::string_view target(request.target().data(), request.target().size());
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (!target.starts_with(scheme)) continue;
    const std::size_t slash = target.find('/', scheme.size());
    target = slash == std::string_view::npos ? "/" : target.substr(slash);
  }
  return target.substr(0, target.find_first_of("?#"));
}

HttpReply Text(unsigned status, std::string body) {
  HttpReply reply;
  reply.status = status;
  reply.body = std::move(body);
  return reply;
}

HttpReply ApiError(const absl::Status& status) {
  HttpReply reply;
  reply.status = ConnectHttpStatus(status.code());
  reply.content_type = "application/json";
  reply.body = ConnectErrorBody(status);
  if (reply.status == 401) reply.headers.emplace_back("WWW-Authenticate", "Bearer");
  return reply;
}

HttpReply TextError(const absl::Status& status) {
  HttpReply reply = Text(ConnectHttpStatus(status.code()), StrCat(ToStd(status.message()), "\n"));
  if (reply.status == 401) reply.headers.emplace_back("WWW-Authenticate", "Bearer");
  return reply;
}

// A page that loads nothing and runs nothing.
void MakeHtml(HttpReply& reply) {
  reply.content_type = "text/html; charset=utf-8";
  reply.headers.emplace_back("Content-Security-Policy",
                             "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'");
  reply.headers.emplace_back("Referrer-Policy", "no-referrer");
}

std::string OwnHostName() {
  char name[256] = {};
  if (gethostname(name, sizeof name - 1) != 0) return {};
  return name;
}

// From this machine itself, by no detour: nobody else is behind it, and no page of a browser was led here.
bool IsFromHere(const HttpRequest& request, const HttpPeer& peer) {
  if (!peer.loopback) return false;
  for (const char* trace : {"Forwarded", "X-Forwarded-For", "X-Real-IP", "Via"}) {
    if (request.find(trace) != request.end()) return false;
  }
  const std::string_view host = Field(request, http::field::host);
  return host.empty() || IsOwnHost(host, OwnHostName());
}

// The owner, who may say for whom.
absl::StatusOr<std::optional<Caller>> LocalCaller(const HttpRequest& request, uid_t user) {
  Caller caller{Role::kOwner, StrCat("local user ", user), ""};
  const auto named = request.find(kOnBehalfHeader);
  if (named == request.end()) return caller;
  caller.on_behalf.assign(named->value().data(), named->value().size());
  const bool clean = std::all_of(caller.on_behalf.begin(), caller.on_behalf.end(),
                                 [](char c) { return static_cast<unsigned char>(c) >= 0x20 && c != 0x7F; });
  if (!caller.on_behalf.empty() && caller.on_behalf.size() <= kNameBytesMax && clean && wire::IsUtf8(caller.on_behalf)) {
    return caller;
  }
  return absl::InvalidArgumentError(StrCat("the name of a person has 1 to ", kNameBytesMax, " bytes of plain text"));
}

enum class Access { kOpen, kMetrics, kConsole };

}  // namespace

struct HttpRouter::Page {
  std::string_view name;  // of the counter
  Access access;
};

HttpRouter::HttpRouter(HttpRouterParts parts)
    : parts_(std::move(parts)),
      requests_(prometheus::BuildCounter()
                    .Name("steward_http_requests_total")
                    .Help("Requests to the collector's HTTP port and local socket that were answered.")
                    .Register(parts_.registry)) {}

void HttpRouter::Count(Requests& requests, std::string_view page, unsigned status) {
  requests.Add({{"page", std::string(page)}, {"code", std::to_string(status)}}).Increment();
}

absl::StatusOr<std::optional<Caller>> HttpRouter::Identify(const HttpRequest& request, const HttpPeer& peer) const {
  if (peer.local_socket) {
    if (peer.user != 0 && peer.user != parts_.own_user) {
      return absl::PermissionDeniedError("only root and the collector's own user may use the local socket");
    }
    return LocalCaller(request, peer.user);
  }
  if (request.find(kOnBehalfHeader) != request.end()) {
    return absl::PermissionDeniedError("only the local socket acts on behalf of a named person; a token is somebody already");
  }
  const std::string_view authorization = Field(request, http::field::authorization);
  if (authorization.empty()) return std::nullopt;
  constexpr std::string_view kScheme = "bearer ";
  if (!absl::StartsWithIgnoreCase(ToAbsl(authorization), ToAbsl(kScheme))) {
    return absl::UnauthenticatedError("the Authorization header must be: Bearer TOKEN");
  }
  auto caller = parts_.check_token(ToStd(absl::StripAsciiWhitespace(ToAbsl(authorization.substr(kScheme.size())))));
  if (!caller.ok()) return caller.status();
  return *std::move(caller);
}

void HttpRouter::Handle(const HttpRequest& request, const HttpPeer& peer, Respond respond) {
  const std::string_view path = PathOf(request);
  if (path.starts_with(kApiPrefix)) {
    Call(path, request, peer, respond);
    return;
  }
  static constexpr std::pair<std::string_view, Page> kPages[] = {
      {"/", {"overview", Access::kConsole}},
      {"/metrics", {"metrics", Access::kMetrics}},
      {"/metrics/collector", {"metrics_collector", Access::kMetrics}},
      {"/sd/prometheus", {"sd", Access::kMetrics}},
      {"/-/healthy", {"healthy", Access::kOpen}},
      {"/-/ready", {"ready", Access::kOpen}},
  };
  static constexpr Page kMachinePage = {"metrics_machine", Access::kMetrics};
  static constexpr Page kIssuePage = {"issue", Access::kConsole};
  const Page* page = path.starts_with(kMachinePagePrefix) ? &kMachinePage : nullptr;
  if (path.starts_with(kIssuePagePrefix) && parts_.issue_page) page = &kIssuePage;
  for (const auto& [known, found] : kPages) {
    if (known == path) page = &found;
  }

  HttpReply reply;
  if (page == nullptr) {
    reply = Text(404, StrCat("There is nothing at this path. ", kWhatExists));
  } else if (request.method() != http::verb::get && request.method() != http::verb::head) {
    reply = Text(405, "This page is only for reading: use GET or HEAD.\n");
    reply.headers.emplace_back("Allow", "GET, HEAD");
  } else {
    try {
      reply = Get(*page, path, request, peer);
    } catch (const std::exception& error) {
      spdlog::error("http: {}: {}", page->name, error.what());
      reply = Text(500, "The collector failed to make this page; its log says why.\n");
    }
  }
  Count(requests_, page == nullptr ? "other" : page->name, reply.status);
  respond(std::move(reply));
}

HttpReply HttpRouter::Get(const Page& page, std::string_view path, const HttpRequest& request, const HttpPeer& peer) {
  if (page.access != Access::kOpen && !IsOpenedByLink(path, request)) {
    const auto caller = Identify(request, peer);
    if (!caller.ok()) return TextError(caller.status());
    if (!caller->has_value() && !IsFromHere(request, peer)) {
      return TextError(absl::UnauthenticatedError(
          "This page is open on the collector's own machine only. From elsewhere send the header "
          "\"Authorization: Bearer TOKEN\"; `stewardctl token create --api --role metrics` makes a token."));
    }
    if (page.access == Access::kConsole && caller->has_value() && !MayReadConsole((*caller)->role)) {
      return TextError(absl::PermissionDeniedError("A token of the role metrics opens /metrics and /sd only."));
    }
  }
  if (path == "/") return Overview();
  if (path.starts_with(kIssuePagePrefix)) return Issue(path.substr(kIssuePagePrefix.size()));
  if (path == "/-/healthy") return Text(200, "The collector is running.\n");
  if (path == "/-/ready") return Ready();
  if (path == "/sd/prometheus") {
    const std::string_view host = Field(request, http::field::host);
    if (!IsHostHeader(host)) {
      return Text(400, "The Host header must be host or host:port: it becomes the address of the targets.\n");
    }
    HttpReply reply = Text(200, ServiceDiscoveryJson(parts_.latest.Machines(), host, peer.tls ? "https" : "http"));
    reply.content_type = "application/json";
    return reply;
  }
  return Metrics(path, request);
}

bool HttpRouter::IsOpenedByLink(std::string_view path, const HttpRequest& request) const {
  if (!parts_.link_opens || !path.starts_with(kIssuePagePrefix)) return false;
  const std::string_view target(request.target().data(), request.target().size());
  const std::size_t query = target.find('?');
  return query != std::string_view::npos && parts_.link_opens(path.substr(kIssuePagePrefix.size()), target.substr(query + 1));
}

HttpReply HttpRouter::Metrics(std::string_view path, const HttpRequest& request) {
  HttpReply reply;
  if (path == "/metrics") {
    reply.source = parts_.exposition.Everything();
  } else if (path == "/metrics/collector") {
    reply.source = parts_.exposition.Collector();
  } else {
    auto source = parts_.exposition.Machine(path.substr(kMachinePagePrefix.size()));
    if (!source.ok()) return TextError(source.status());
    reply.source = *std::move(source);
  }
  reply.content_type = "text/plain; version=0.0.4; charset=utf-8";
  reply.headers.emplace_back("Vary", "Accept-Encoding");
  if (AcceptsGzip(Field(request, http::field::accept_encoding))) {
    reply.source = Gzipped(std::move(reply.source));
    reply.headers.emplace_back("Content-Encoding", "gzip");
  }
  return reply;
}

HttpReply HttpRouter::Overview() const {
  std::vector<IssueRecord> issues;
  const absl::Status read = parts_.storage.Read([&](StorageReader& reader) {
    auto listed = reader.ListIssues(/*include_ended=*/false);
    if (!listed.ok()) return listed.status();
    issues = *std::move(listed);
    return absl::OkStatus();
  });
  HttpReply reply;
  reply.body = OverviewPage({.machines = parts_.latest.Machines(),
                             .issues = std::move(issues),
                             .trouble = read.ok() ? parts_.ready() : read,
                             .now = parts_.latest.clock().WallNow(),
                             .version = parts_.version,
                             .coverage = parts_.coverage});
  MakeHtml(reply);
  return reply;
}

HttpReply HttpRouter::Issue(std::string_view id) const {
  auto page = parts_.issue_page(id);
  if (!page.ok()) return TextError(page.status());
  HttpReply reply;
  reply.body = *std::move(page);
  MakeHtml(reply);
  return reply;
}

HttpReply HttpRouter::Ready() const {
  const absl::Status ready = parts_.ready();
  if (ready.ok()) return Text(200, "The collector is ready.\n");
  return Text(503, StrCat("The collector is not ready: ", ToStd(ready.message()), "\n"));
}

void HttpRouter::Call(std::string_view path, const HttpRequest& request, const HttpPeer& peer,
                      const Respond& respond) {
  // May be called when the router is gone; the registry is not.
  const auto answer = [&requests = requests_, respond](HttpReply reply) {
    Count(requests, "api", reply.status);
    respond(std::move(reply));
  };
  if (request.method() != http::verb::post) {
    HttpReply reply = ApiError(absl::InvalidArgumentError("methods of the API are called by POST"));
    reply.status = 405;
    reply.headers.emplace_back("Allow", "POST");
    return answer(std::move(reply));
  }
  const auto caller = Identify(request, peer);
  if (!caller.ok()) return answer(ApiError(caller.status()));
  if (!caller->has_value()) {
    return answer(ApiError(absl::UnauthenticatedError(
        "the API needs the header \"Authorization: Bearer TOKEN\" (`stewardctl token create --api --role ROLE` makes a "
        "token), or the collector's local socket")));
  }
  const std::string_view type = Field(request, http::field::content_type);
  const std::string kind = absl::AsciiStrToLower(
      absl::StripAsciiWhitespace(ToAbsl(type.substr(0, std::min(type.find(';'), type.size())))));
  if (kind != "application/json" && kind != "application/proto") {
    HttpReply reply = ApiError(absl::InvalidArgumentError("the Content-Type must be application/json or application/proto"));
    reply.status = 415;
    reply.headers.emplace_back("Accept-Post", "application/json, application/proto");
    return answer(std::move(reply));
  }
  const std::string_view coding = Field(request, http::field::content_encoding);
  if (!coding.empty() && !absl::EqualsIgnoreCase(ToAbsl(coding), "identity")) {
    return answer(ApiError(absl::UnimplementedError("send the request's body without Content-Encoding")));
  }

  const std::string_view rest = path.substr(1);
  const std::size_t slash = rest.find('/');
  const std::string_view service = rest.substr(0, slash);
  const std::string_view method = slash == std::string_view::npos ? std::string_view() : rest.substr(slash + 1);
  const RpcEncoding encoding = kind == "application/json" ? RpcEncoding::kJson : RpcEncoding::kProto;
  try {
    parts_.rpc.Call(service, method, encoding, request.body(), **caller,
                    [answer, kind](absl::StatusOr<std::string> response) {
                      if (!response.ok()) return answer(ApiError(response.status()));
                      HttpReply reply;
                      reply.content_type = kind;
                      reply.body = *std::move(response);
                      answer(std::move(reply));
                    });
  } catch (const std::exception& error) {
    spdlog::error("http: {}: {}", path, error.what());
    answer(ApiError(absl::InternalError("the collector failed to answer; its log says why")));
  }
}

HttpReply HttpRouter::Refuse(std::string_view target, unsigned status, std::string_view message) {
  Count(requests_, "refused", status);
  HttpReply reply;
  if (target.starts_with(kApiPrefix)) {
    reply = ApiError(status == 413 || status == 431 ? absl::ResourceExhaustedError(ToAbsl(message))
                                                    : absl::InvalidArgumentError(ToAbsl(message)));
    reply.status = status;
  } else {
    reply = Text(status, StrCat(message, "\n"));
  }
  return reply;
}

}  // namespace steward::collector
