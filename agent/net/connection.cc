#include "agent/net/connection.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <filesystem>
#include <utility>

#include "agent/net/resolve.h"
#include "base/text.h"
#include "boost/asio/connect.hpp"
#include "boost/asio/io_context.hpp"
#include "boost/asio/ip/tcp.hpp"
#include "boost/asio/ssl/context.hpp"
#include "boost/asio/ssl/stream.hpp"
#include "boost/beast/core/flat_buffer.hpp"
#include "boost/beast/http.hpp"

namespace steward::agent {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using asio::ip::tcp;

// Folders of authorities by the hash of their name, of which only what is needed is read; else files with all of them.
constexpr std::array kAuthorityFolders = {"/etc/ssl/certs", "/etc/pki/ca-trust/extracted/pem/directory-hash"};
constexpr std::array kAuthorityFiles = {"/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/ca-bundle.pem"};

void TrustAuthoritiesOfThisMachine(SSL_CTX* context) {
  for (const char* folder : kAuthorityFolders) SSL_CTX_load_verify_locations(context, nullptr, folder);
  std::error_code ignored;
  if (std::filesystem::exists(kAuthorityFolders[1], ignored) || std::filesystem::exists("/etc/ssl/certs/ca-certificates.crt", ignored)) return;
  for (const char* file : kAuthorityFiles) SSL_CTX_load_verify_locations(context, file, nullptr);
}

}  // namespace

struct Connection::Parts {
  asio::io_context io;
  tcp::socket socket{io};
  std::optional<asio::ssl::context> context;
  std::optional<asio::ssl::stream<tcp::socket&>> secured;  // `socket`, once there is TLS
  tcp::resolver::results_type addresses;
  std::chrono::steady_clock::time_point deadline;

  // Runs what was started until it sets `result`, or the time is up; then the socket is closed.
  absl::Status Finish(boost::system::error_code& result) {
    io.restart();
    while (result == asio::error::would_block && io.run_one_until(deadline) > 0) {
    }
    if (result == asio::error::would_block) {
      boost::system::error_code ignored;
      socket.close(ignored);
      io.run_for(std::chrono::milliseconds(100));
      return absl::DeadlineExceededError("no answer in time");
    }
    return result ? absl::UnavailableError(result.message()) : absl::OkStatus();
  }

  template <typename Stream>
  absl::Status Exchange(Stream& layer, const http::request<http::empty_body>& request,
                        http::response_parser<http::string_body>& parser, bool head_only) {
    boost::system::error_code result = asio::error::would_block;
    boost::beast::flat_buffer buffer;
    http::async_write(layer, request, [&](const boost::system::error_code& error, std::size_t) {
      if (error) {
        result = error;
        return;
      }
      const auto done = [&](const boost::system::error_code& read, std::size_t) { result = read; };
      if (head_only) {
        http::async_read_header(layer, buffer, parser, done);
      } else {
        http::async_read(layer, buffer, parser, done);
      }
    });
    absl::Status status = Finish(result);
    if (result == http::error::body_limit || result == http::error::header_limit) return absl::ResourceExhaustedError("its answer is too large");
    return status;
  }
};

Connection::Connection(absl::Duration deadline) : parts_(std::make_unique<Parts>()) {
  parts_->deadline = std::chrono::steady_clock::now() + absl::ToChronoMilliseconds(deadline);
}

Connection::~Connection() = default;

absl::Status Connection::Resolve(const std::string& host, const std::string& port) {
  AskNameServersBriefly();
  boost::system::error_code error;
  tcp::resolver resolver(parts_->io);
  parts_->addresses = resolver.resolve(host, port, error);
  return error ? absl::UnavailableError(StrCat(host, ": ", error.message())) : absl::OkStatus();
}

absl::Status Connection::Connect() {
  boost::system::error_code result = asio::error::would_block;
  asio::async_connect(parts_->socket, parts_->addresses,
                      [&](const boost::system::error_code& error, const tcp::endpoint&) { result = error; });
  return parts_->Finish(result);
}

absl::Status Connection::Secure(const std::string& host) {
  parts_->context.emplace(asio::ssl::context::tls_client);
  TrustAuthoritiesOfThisMachine(parts_->context->native_handle());
  parts_->secured.emplace(parts_->socket, *parts_->context);
  SSL* const ssl = parts_->secured->native_handle();
  SSL_set_min_proto_version(ssl, TLS1_2_VERSION);
  SSL_set_verify(ssl, SSL_VERIFY_NONE, nullptr);  // judged below, so that what is not trusted is still seen
  boost::system::error_code not_address;
  asio::ip::make_address(host, not_address);
  if (not_address) {
    // What the macro SSL_set_tlsext_host_name stands for, without its cast.
    SSL_ctrl(ssl, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, const_cast<char*>(host.c_str()));
    SSL_set1_host(ssl, host.c_str());
  } else {
    X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), host.c_str());
  }
  boost::system::error_code result = asio::error::would_block;
  parts_->secured->async_handshake(asio::ssl::stream_base::client, [&](const boost::system::error_code& error) { result = error; });
  if (absl::Status status = parts_->Finish(result); !status.ok()) return status;
  const long verdict = SSL_get_verify_result(ssl);
  if (verdict == X509_V_OK) return absl::OkStatus();
  return absl::PermissionDeniedError(StrCat("its certificate is not trusted: ", X509_verify_cert_error_string(verdict)));
}

std::optional<absl::Time> Connection::certificate_not_after() const {
  const X509* const certificate = parts_->secured ? SSL_get0_peer_certificate(parts_->secured->native_handle()) : nullptr;
  std::tm end = {};
  if (certificate == nullptr || ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &end) != 1) return std::nullopt;
  return absl::FromTM(end, absl::UTCTimeZone());
}

absl::StatusOr<HttpAnswer> Connection::Get(const std::string& authority, const std::string& path, std::size_t bytes_max) {
  http::request<http::empty_body> request{http::verb::get, path, 11};
  request.set(http::field::host, authority);
  request.set(http::field::user_agent, "steward-agent");
  request.set(http::field::accept, "text/plain;version=0.0.4, */*;q=0.5");
  request.set(http::field::connection, "close");
  http::response_parser<http::string_body> parser;
  if (bytes_max == 0) {
    parser.body_limit(boost::none);  // a length that is only announced is none of ours
  } else {
    parser.body_limit(bytes_max);
  }
  absl::Status status = parts_->secured ? parts_->Exchange(*parts_->secured, request, parser, bytes_max == 0)
                                        : parts_->Exchange(parts_->socket, request, parser, bytes_max == 0);
  if (!status.ok()) return status;
  return HttpAnswer{static_cast<int>(parser.get().result_int()), std::move(parser.get().body())};
}

}  // namespace steward::agent
