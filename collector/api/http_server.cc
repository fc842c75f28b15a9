#include "collector/api/http_server.h"

#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <functional>
#include <optional>
#include <thread>
#include <utility>

#include "base/text.h"
#include "boost/asio/ip/tcp.hpp"
#include "boost/asio/ssl/context.hpp"
#include "boost/asio/steady_timer.hpp"
#include "collector/api/http_session.h"
#include "collector/api/local_socket.h"
#include "spdlog/spdlog.h"

namespace steward::collector {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using LocalSocket = asio::local::stream_protocol;

// Before the next accept after one failed, e.g. for want of file descriptors.
constexpr std::chrono::milliseconds kAcceptPause{200};

bool IsLoopbackAddress(const asio::ip::address& address) {
  if (address.is_v6() && address.to_v6().is_v4_mapped()) {
    return asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6()).is_loopback();
  }
  return address.is_loopback();
}

absl::Status Unusable(std::string_view setting, const std::string& file, const boost::system::error_code& error,
                      std::string_view what_to_do) {
  return absl::InvalidArgumentError(StrCat("[listen] ", setting, ": ", file, " cannot be used (", error.message(), "); ", what_to_do));
}

absl::Status LoadTls(const std::string& certificate, const std::string& key, std::optional<asio::ssl::context>& tls) {
  boost::system::error_code error;
  tls.emplace(asio::ssl::context::tls_server);
  tls->set_options(asio::ssl::context::default_workarounds | asio::ssl::context::no_tlsv1 | asio::ssl::context::no_tlsv1_1, error);
  if (tls->use_certificate_chain_file(certificate, error); error) {
    return Unusable("http_certificate", certificate, error,
                    "name a PEM file that the collector may read: the certificate first, then those that signed it");
  }
  if (tls->use_private_key_file(key, asio::ssl::context::pem, error); error) {
    return Unusable("http_key", key, error, "name the PEM file with the private key of http_certificate, which the collector may read");
  }
  return absl::OkStatus();
}

}  // namespace

class HttpServer::Impl {
 public:
  Impl(HttpServerOptions options, HttpRouterParts parts)
      : options_(std::move(options)),
        router_(std::move(parts)),
        context_(std::make_shared<HttpContext>(router_)),
        acceptor_(context_->io),
        local_acceptor_(context_->io),
        pause_(context_->io),
        local_pause_(context_->io) {}

  absl::Status Start(std::string& url) {
    if (absl::Status listening = ListenTcp(url); !listening.ok()) return listening;
    if (!options_.socket_path.empty()) {
      if (absl::Status listening = ListenLocal(options_.socket_path, local_acceptor_); !listening.ok()) return listening;
      AcceptLocal();
    }
    AcceptTcp();
    thread_ = std::thread([this] { Run(); });
    return absl::OkStatus();
  }

  void Stop() {
    if (thread_.joinable()) {
      context_->io.stop();
      thread_.join();
    }
    // Nothing runs any more: the rest is taken apart here.
    boost::system::error_code ignored;
    acceptor_.close(ignored);
    if (local_acceptor_.is_open()) {
      local_acceptor_.close(ignored);
      unlink(options_.socket_path.c_str());
    }
    for (const auto& session : std::exchange(context_->sessions, {})) session->Close();
  }

 private:
  void Run() {
    for (;;) {
      try {
        context_->io.run();
        return;
      } catch (const std::exception& error) {
        spdlog::error("http: {}", error.what());
      }
    }
  }

  absl::Status ListenTcp(std::string& url) {
    const bool secure = !options_.certificate.empty();
    if (secure) {
      if (absl::Status loaded = LoadTls(options_.certificate, options_.key, tls_); !loaded.ok()) return loaded;
    } else if (!options_.listen.IsLoopback()) {
      return absl::InvalidArgumentError(
          StrCat("the HTTP port may not listen on ", options_.listen.ToString(),
                 " without TLS: set http_certificate and http_key in [listen], or listen on 127.0.0.1"));
    }
    boost::system::error_code error;
    tcp::resolver resolver(context_->io);
    const auto found = resolver.resolve(options_.listen.host, std::to_string(options_.listen.port),
                                        tcp::resolver::passive | tcp::resolver::numeric_service, error);
    if (error || found.empty()) {
      return absl::InvalidArgumentError(StrCat("the HTTP port's address ", options_.listen.ToString(), " is unknown: ",
                                               error.message()));
    }
    const tcp::endpoint endpoint = found.begin()->endpoint();
    acceptor_.open(endpoint.protocol(), error);
    if (!error) acceptor_.set_option(tcp::acceptor::reuse_address(true), error);
    if (!error) acceptor_.bind(endpoint, error);
    if (!error) acceptor_.listen(asio::socket_base::max_listen_connections, error);
    if (error == asio::error::address_in_use) {
      return absl::FailedPreconditionError(
          StrCat("the HTTP port ", options_.listen.ToString(), " is in use by another program: stop that one (`ss -ltnp` "
                 "shows it), or choose another by --http-listen or http in [listen]"));
    }
    if (error) {
      return absl::ErrnoToStatus(error.value(), StrCat("cannot listen for HTTP on ", options_.listen.ToString()));
    }
    HostPort bound = options_.listen;
    bound.port = acceptor_.local_endpoint().port();
    url = StrCat(secure ? "https://" : "http://", bound.ToString());
    return absl::OkStatus();
  }

  // Whether one more may be served.
  bool HasRoom() {
    if (context_->sessions.size() < kHttpConnectionsMax) return true;
    spdlog::warn("http: {} connections are open, one more was closed", kHttpConnectionsMax);
    return false;
  }

  void AcceptTcp() {
    acceptor_.async_accept([this](boost::system::error_code error, tcp::socket socket) {
      if (error == asio::error::operation_aborted) return;
      if (error) return PauseThen(pause_, error, [this] { AcceptTcp(); });
      boost::system::error_code unknown;
      const tcp::endpoint remote = socket.remote_endpoint(unknown);
      if (!unknown && HasRoom()) {
        socket.set_option(tcp::no_delay(true), unknown);
        HttpPeer peer;
        peer.loopback = IsLoopbackAddress(remote.address());
        peer.tls = tls_.has_value();
        boost::beast::tcp_stream stream(std::move(socket));
        const auto session = tls_ ? NewTlsSession(std::move(stream), *tls_, peer, context_)
                                  : NewTcpSession(std::move(stream), peer, context_);
        session->Start();
      }
      AcceptTcp();
    });
  }

  void AcceptLocal() {
    local_acceptor_.async_accept([this](boost::system::error_code error, LocalSocket::socket socket) {
      if (error == asio::error::operation_aborted) return;
      if (error) return PauseThen(local_pause_, error, [this] { AcceptLocal(); });
      if (const auto user = UserBehind(socket.native_handle()); user.ok()) {
        HttpPeer peer;
        peer.local_socket = true;
        peer.user = *user;
        NewLocalSession(LocalStream(std::move(socket)), peer, context_)->Start();
      }
      AcceptLocal();
    });
  }

  static void PauseThen(asio::steady_timer& timer, const boost::system::error_code& why, std::function<void()> next) {
    spdlog::warn("http: a connection could not be accepted: {}", why.message());
    timer.expires_after(kAcceptPause);
    timer.async_wait([next = std::move(next)](boost::system::error_code error) {
      if (!error) next();
    });
  }

  const HttpServerOptions options_;
  HttpRouter router_;
  std::optional<asio::ssl::context> tls_;
  // Sessions and late answers refer to it; it ends with the server, before the router does.
  std::shared_ptr<HttpContext> context_;
  tcp::acceptor acceptor_;
  LocalSocket::acceptor local_acceptor_;
  asio::steady_timer pause_;
  asio::steady_timer local_pause_;
  std::thread thread_;
};

absl::Status CheckHttpTls(const std::string& certificate, const std::string& key) {
  std::optional<asio::ssl::context> tls;
  return certificate.empty() ? absl::OkStatus() : LoadTls(certificate, key, tls);
}

HttpServer::HttpServer(HttpServerOptions options, HttpRouterParts parts)
    : impl_(std::make_unique<Impl>(std::move(options), std::move(parts))) {}

HttpServer::~HttpServer() { Stop(); }

absl::Status HttpServer::Start() { return impl_->Start(url_); }

void HttpServer::Stop() { impl_->Stop(); }

}  // namespace steward::collector
