#include "tests/support/http_receiver.h"

#include <utility>

#include "absl/strings/ascii.h"
#include "absl/time/clock.h"
#include "boost/asio/ip/address_v4.hpp"
#include "boost/beast/core/flat_buffer.hpp"
#include "boost/beast/core/tcp_stream.hpp"
#include "boost/beast/http.hpp"

namespace steward::testing {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using asio::ip::tcp;

class HttpReceiver::Session : public std::enable_shared_from_this<HttpReceiver::Session> {
 public:
  Session(tcp::socket socket, HttpReceiver& receiver) : stream_(std::move(socket)), receiver_(receiver) {}

  void Read() {
    request_ = {};
    http::async_read(stream_, buffer_, request_, [self = shared_from_this()](const beast::error_code& error, std::size_t) {
      if (!error) self->Answer();
    });
  }

 private:
  void Answer() {
    ReceivedRequest received{std::string(request_.method_string()), std::string(request_.target()), request_.body(), {}};
    for (const auto& field : request_) {
      received.headers[absl::AsciiStrToLower(std::string(field.name_string()))] = std::string(field.value());
    }
    const ReceiverAnswer answer = receiver_.Take(std::move(received));
    if (answer.kind == ReceiverAnswer::Kind::kHang) {
      // Reads on, so that the peer's giving up ends this session.
      Read();
      return;
    }
    if (answer.kind == ReceiverAnswer::Kind::kReset) {
      stream_.socket().set_option(asio::socket_base::linger(true, 0));
      stream_.socket().close();
      return;
    }
    response_ = {};
    response_.result(static_cast<unsigned>(answer.status));
    for (const auto& [name, value] : answer.headers) response_.set(name, value);
    response_.body() = answer.body;
    response_.keep_alive(request_.keep_alive());
    response_.prepare_payload();
    http::async_write(stream_, response_, [self = shared_from_this()](const beast::error_code& error, std::size_t) {
      if (!error) self->Read();
    });
  }

  beast::tcp_stream stream_;
  HttpReceiver& receiver_;
  beast::flat_buffer buffer_;
  http::request<http::string_body> request_;
  http::response<http::string_body> response_;
};

HttpReceiver::HttpReceiver() : acceptor_(io_, tcp::endpoint(asio::ip::address_v4::loopback(), 0)) {
  port_ = acceptor_.local_endpoint().port();
  Accept();
  thread_ = std::thread([this] { io_.run(); });
}

HttpReceiver::~HttpReceiver() {
  io_.stop();
  thread_.join();
}

std::string HttpReceiver::url(const std::string& path) const { return "http://127.0.0.1:" + std::to_string(port_) + path; }

void HttpReceiver::Accept() {
  acceptor_.async_accept([this](const beast::error_code& error, tcp::socket socket) {
    if (error) return;
    std::make_shared<Session>(std::move(socket), *this)->Read();
    Accept();
  });
}

ReceiverAnswer HttpReceiver::Take(ReceivedRequest request) {
  const MutexLock lock(&mutex_);
  requests_.push_back(std::move(request));
  if (next_.empty()) return always_;
  ReceiverAnswer answer = std::move(next_.front());
  next_.pop_front();
  return answer;
}

void HttpReceiver::Next(ReceiverAnswer answer) {
  const MutexLock lock(&mutex_);
  next_.push_back(std::move(answer));
}

void HttpReceiver::Always(ReceiverAnswer answer) {
  const MutexLock lock(&mutex_);
  always_ = std::move(answer);
}

std::vector<ReceivedRequest> HttpReceiver::WaitFor(std::size_t count, absl::Duration deadline) const {
  const MutexLock lock(&mutex_);
  const auto enough = [this, count]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return requests_.size() >= count; };
  mutex_.AwaitUntil(absl::Now() + deadline, enough);
  return requests_;
}

}  // namespace steward::testing
