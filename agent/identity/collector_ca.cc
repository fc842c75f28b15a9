#include "agent/identity/collector_ca.h"

#include <openssl/pem.h>

#include <utility>
#include <vector>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/escaping.h"
#include "agent/identity/openssl.h"
#include "base/text.h"
#include "boost/asio/connect.hpp"
#include "boost/asio/io_context.hpp"
#include "boost/asio/ip/tcp.hpp"
#include "boost/asio/read_until.hpp"
#include "boost/asio/steady_timer.hpp"
#include "boost/asio/streambuf.hpp"
#include "boost/asio/write.hpp"

namespace steward::agent {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

// Runs one asynchronous step until it is done or the time is up; then the socket is closed. A step of several operations
// sets its result with the last of them, or with the first that fails: setting it ends the wait.
class TimedSocket {
 public:
  explicit TimedSocket(absl::Duration timeout) : deadline_(std::chrono::steady_clock::now() + absl::ToChronoMilliseconds(timeout)) {}

  absl::Status Connect(const std::string& host, const std::string& port) {
    boost::system::error_code result = asio::error::would_block;
    tcp::resolver resolver(io_);
    resolver.async_resolve(host, port, [&](const boost::system::error_code& error, const tcp::resolver::results_type& found) {
      if (error) {
        result = error;
        return;
      }
      asio::async_connect(socket_, found, [&](const boost::system::error_code& connected, const tcp::endpoint&) { result = connected; });
    });
    return Run(result);
  }

  // CONNECT through an HTTP proxy.
  absl::Status Tunnel(const std::string& target) {
    boost::system::error_code result = asio::error::would_block;
    const std::string request = StrCat("CONNECT ", target, " HTTP/1.1\r\nHost: ", target, "\r\n\r\n");
    asio::streambuf answer(16 * 1024);
    asio::async_write(socket_, asio::buffer(request), [&](const boost::system::error_code& error, std::size_t) {
      if (error) {
        result = error;
        return;
      }
      asio::async_read_until(socket_, answer, "\r\n\r\n", [&](const boost::system::error_code& read, std::size_t) { result = read; });
    });
    if (absl::Status status = Run(result); !status.ok()) return status;
    const std::string head(asio::buffers_begin(answer.data()), asio::buffers_end(answer.data()));
    const std::string line = head.substr(0, head.find("\r\n"));
    if (line.size() < 12 || line.substr(9, 1) != "2") return absl::UnavailableError(StrCat("the proxy answered \"", line, "\""));
    return absl::OkStatus();
  }

  // What the peer sends next, at least one byte; empty if it has closed.
  absl::StatusOr<std::string> ReadSome() {
    boost::system::error_code result = asio::error::would_block;
    std::string data(16 * 1024, '\0');
    std::size_t size = 0;
    socket_.async_read_some(asio::buffer(data), [&](const boost::system::error_code& error, std::size_t n) {
      result = error == asio::error::eof ? boost::system::error_code() : error;
      size = n;
    });
    if (absl::Status status = Run(result); !status.ok()) return status;
    data.resize(size);
    return data;
  }

  absl::Status Write(const std::string& data) {
    boost::system::error_code result = asio::error::would_block;
    asio::async_write(socket_, asio::buffer(data), [&](const boost::system::error_code& error, std::size_t) { result = error; });
    return Run(result);
  }

 private:
  absl::Status Run(boost::system::error_code& result) {
    io_.restart();
    while (result == asio::error::would_block) {
      if (io_.run_one_until(deadline_) == 0) break;
    }
    if (result == asio::error::would_block) {
      boost::system::error_code ignored;
      socket_.close(ignored);
      io_.run_for(std::chrono::milliseconds(100));
      return absl::UnavailableError("no answer in time");
    }
    if (result) return absl::UnavailableError(result.message());
    return absl::OkStatus();
  }

  asio::io_context io_;
  tcp::socket socket_{io_};
  const std::chrono::steady_clock::time_point deadline_;
};

absl::StatusOr<openssl::SslPointer> Handshake(TimedSocket& socket) {
  const openssl::ContextPointer context(SSL_CTX_new(TLS_client_method()));
  if (!context) return absl::InternalError(openssl::TakeError());
  SSL_CTX_set_min_proto_version(context.get(), TLS1_3_VERSION);
  SSL_CTX_set_verify(context.get(), SSL_VERIFY_NONE, nullptr);  // the fingerprint decides
  openssl::SslPointer ssl(SSL_new(context.get()));
  BIO* in = BIO_new(BIO_s_mem());
  BIO* out = BIO_new(BIO_s_mem());
  SSL_set_bio(ssl.get(), in, out);  // owns both
  SSL_set_connect_state(ssl.get());
  static constexpr unsigned char kHttp2[] = {2, 'h', '2'};
  SSL_set_alpn_protos(ssl.get(), kHttp2, sizeof kHttp2);
  while (true) {
    const int result = SSL_do_handshake(ssl.get());
    const int error = result == 1 ? SSL_ERROR_NONE : SSL_get_error(ssl.get(), result);
    char* data = nullptr;
    const long size = BIO_get_mem_data(out, &data);
    if (size > 0) {
      const std::string bytes(data, static_cast<std::size_t>(size));
      BIO_reset(out);
      if (absl::Status status = socket.Write(bytes); !status.ok()) return status;
    }
    if (result == 1) return ssl;
    if (error != SSL_ERROR_WANT_READ) return absl::UnavailableError(StrCat("no TLS 1.3: ", openssl::TakeError()));
    auto received = socket.ReadSome();
    if (!received.ok()) return received.status();
    if (received->empty()) return absl::UnavailableError("it closed the connection during the handshake");
    BIO_write(in, received->data(), static_cast<int>(received->size()));
  }
}

std::string Sha256Of(X509* certificate) {
  std::string digest(32, '\0');
  unsigned int size = 0;
  X509_digest(certificate, EVP_sha256(), reinterpret_cast<unsigned char*>(digest.data()), &size);
  return digest;
}

std::string PemOf(X509* certificate) {
  const openssl::BioPointer out(BIO_new(BIO_s_mem()));
  PEM_write_bio_X509(out.get(), certificate);
  char* data = nullptr;
  const long size = BIO_get_mem_data(out.get(), &data);
  return {data, static_cast<std::size_t>(size)};
}

}  // namespace

bool SplitAddress(std::string_view address, std::string& host, std::string& port) {
  const std::size_t colon = address.rfind(':');
  if (colon == std::string_view::npos || colon == 0 || colon + 1 == address.size()) return false;
  host = std::string(address.substr(0, colon));
  port = std::string(address.substr(colon + 1));
  if (port.find_first_not_of("0123456789") != std::string::npos || port.size() > 5) return false;
  if (host.front() == '[' && host.back() == ']') {
    host = host.substr(1, host.size() - 2);
  } else if (host.find(':') != std::string::npos) {
    return false;
  }
  return !host.empty();
}

absl::StatusOr<std::string> FetchCollectorCa(const std::string& address, std::string_view ca_sha256,
                                             const std::string& proxy, absl::Duration timeout) {
  std::string host;
  std::string port;
  if (!SplitAddress(proxy.empty() ? address : proxy, host, port)) {
    return absl::InvalidArgumentError(StrCat("\"", proxy.empty() ? address : proxy, "\" is not host:port"));
  }
  const auto named = [&address](const absl::Status& status) {
    return absl::Status(status.code(), StrCat(address, ": ", status.message()));
  };
  TimedSocket socket(timeout);
  absl::Status status = socket.Connect(host, port);
  if (status.ok() && !proxy.empty()) status = socket.Tunnel(address);
  if (!status.ok()) return named(status);
  const auto ssl = Handshake(socket);
  if (!ssl.ok()) return named(ssl.status());
  const STACK_OF(X509)* chain = SSL_get_peer_cert_chain(ssl->get());
  const int length = chain == nullptr ? 0 : sk_X509_num(chain);
  for (int i = 0; i < length; ++i) {
    X509* certificate = sk_X509_value(chain, i);
    if (Sha256Of(certificate) == ca_sha256) return PemOf(certificate);
  }
  const std::string shown = length == 0 ? "none" : absl::BytesToHexString(Sha256Of(sk_X509_value(chain, length - 1)));
  return absl::FailedPreconditionError(
      StrCat(address, ": this is not the collector the token was made for: its CA has the fingerprint ", shown,
             ", the token says ", absl::BytesToHexString(ToAbsl(ca_sha256)),
             "; nothing was sent to it. Make a token on the right collector, or check who answers at this address"));
}

}  // namespace steward::agent
