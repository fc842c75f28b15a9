#include "collector/api/http_session.h"

#include <exception>
#include <optional>
#include <type_traits>

#include "boost/asio/post.hpp"
#include "boost/asio/ssl/stream.hpp"
#include "boost/beast/core/flat_buffer.hpp"
#include "boost/beast/http.hpp"
#include "boost/beast/ssl.hpp"
#include "spdlog/spdlog.h"

namespace steward::collector {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using TlsStream = beast::ssl_stream<beast::tcp_stream>;

// The status that a request deserves which Beast could not read; 0: the connection is just over.
unsigned StatusOf(const boost::system::error_code& error) {
  if (error == http::error::end_of_stream || error == http::error::partial_message) return 0;
  if (error == http::error::header_limit || error == http::error::buffer_overflow) return 431;
  if (error == http::error::body_limit) return 413;
  if (error.category() == http::make_error_code(http::error::bad_method).category()) return 400;
  return 0;
}

template <typename Stream>
class StreamSession final : public HttpSession, public std::enable_shared_from_this<StreamSession<Stream>> {
 public:
  StreamSession(Stream stream, HttpPeer peer, const std::shared_ptr<HttpContext>& context)
      : stream_(std::move(stream)), peer_(peer), context_(context), router_(context->router) {}

  void Start() override {
    if constexpr (std::is_same_v<Stream, TlsStream>) {
      Lowest().expires_after(kHttpWriteTimeout);
      stream_.async_handshake(asio::ssl::stream_base::server,
                              [self = this->shared_from_this()](boost::system::error_code error) {
                                if (error) return self->End();
                                self->Read();
                              });
    } else {
      Read();
    }
  }

  void Close() override { Lowest().close(); }

 private:
  auto& Lowest() { return beast::get_lowest_layer(stream_); }

  void Read() {
    parser_.emplace();
    parser_->header_limit(kHttpHeaderBytesMax);
    parser_->body_limit(kHttpBodyBytesMax);
    Lowest().expires_after(kHttpReadTimeout);
    http::async_read(stream_, buffer_, *parser_,
                     [self = this->shared_from_this()](boost::system::error_code error, std::size_t) {
                       self->OnRead(error);
                     });
  }

  void OnRead(const boost::system::error_code& error) {
    if (error) {
      const unsigned status = StatusOf(error);
      if (status == 0) return Shutdown();
      keep_alive_ = false;
      const auto target = parser_->get().target();
      const std::string why = status == 413   ? "the request's body is larger than 1 MiB"
                              : status == 431 ? "the request's header is larger than 16 KiB"
                                              : "this is not an HTTP request: " + error.message();
      return Write(router_.Refuse({target.data(), target.size()}, status, why));
    }
    const HttpRequest request = parser_->release();
    keep_alive_ = request.keep_alive();
    version_ = request.version();
    head_ = request.method() == http::verb::head;
    Lowest().expires_never();
    // The answer may come on another thread, or after the server is gone.
    router_.Handle(request, peer_,
                   [weak_context = context_, weak = this->weak_from_this()](HttpReply reply) {
                     const auto context = weak_context.lock();
                     if (context == nullptr) return;
                     asio::post(context->io, [weak, reply = std::move(reply)]() mutable {
                       if (const auto self = weak.lock()) self->Write(std::move(reply));
                     });
                   });
  }

  template <bool is_request, typename Body>
  void SetFields(http::message<is_request, Body>& message) const {
    message.set(http::field::content_type, reply_.content_type);
    message.set(http::field::cache_control, "no-store");
    message.set("X-Content-Type-Options", "nosniff");
    for (const auto& [name, value] : reply_.headers) message.set(name, value);
    message.keep_alive(keep_alive_);
  }

  void Write(HttpReply reply) {
    reply_ = std::move(reply);
    const auto status = static_cast<http::status>(reply_.status);
    if (reply_.source == nullptr) {
      text_.emplace(status, version_);
      SetFields(*text_);
      text_->content_length(reply_.body.size());
      if (!head_) text_->body() = std::move(reply_.body);
      Lowest().expires_after(kHttpWriteTimeout);
      text_serializer_.emplace(*text_);
      const auto done = [self = this->shared_from_this()](boost::system::error_code error, std::size_t) {
        self->text_serializer_.reset();
        self->text_.reset();
        self->OnWritten(error);
      };
      if (head_) {
        http::async_write_header(stream_, *text_serializer_, done);
      } else {
        http::async_write(stream_, *text_serializer_, done);
      }
      return;
    }
    chunked_ = version_ >= 11;
    keep_alive_ = keep_alive_ && chunked_;
    head_of_source_.emplace(status, version_);
    SetFields(*head_of_source_);
    head_of_source_->chunked(chunked_);
    source_serializer_.emplace(*head_of_source_);
    Lowest().expires_after(kHttpWriteTimeout);
    http::async_write_header(stream_, *source_serializer_,
                             [self = this->shared_from_this()](boost::system::error_code error, std::size_t) {
                               self->source_serializer_.reset();
                               self->head_of_source_.reset();
                               if (error || self->head_) return self->OnWritten(error);
                               self->WritePiece();
                             });
  }

  void WritePiece() {
    const auto next = [self = this->shared_from_this()](boost::system::error_code error, std::size_t) {
      if (error) return self->OnWritten(error);
      self->WritePiece();
    };
    const auto last = [self = this->shared_from_this()](boost::system::error_code error, std::size_t) {
      self->OnWritten(error);
    };
    piece_.clear();
    bool more = false;
    try {
      more = reply_.source->Next(piece_);
    } catch (const std::exception& error) {
      spdlog::error("http: a page broke off: {}", error.what());
      return End();  // without the last chunk: the reader sees that it is not whole
    }
    Lowest().expires_after(kHttpWriteTimeout);
    if (more && chunked_) {
      asio::async_write(stream_, http::make_chunk(asio::buffer(piece_)), next);
    } else if (more) {
      asio::async_write(stream_, asio::buffer(piece_), next);
    } else if (chunked_) {
      asio::async_write(stream_, http::make_chunk_last(), last);
    } else {
      OnWritten({});
    }
  }

  void OnWritten(const boost::system::error_code& error) {
    reply_ = {};
    std::string().swap(piece_);
    if (error) return End();
    if (!keep_alive_) return Shutdown();
    Read();
  }

  void Shutdown() {
    if constexpr (std::is_same_v<Stream, TlsStream>) {
      Lowest().expires_after(kHttpWriteTimeout);
      stream_.async_shutdown([self = this->shared_from_this()](boost::system::error_code) { self->End(); });
    } else {
      boost::system::error_code ignored;
      Lowest().socket().shutdown(asio::socket_base::shutdown_send, ignored);
      End();
    }
  }

  void End() {
    Lowest().close();
    if (const auto context = context_.lock()) context->sessions.erase(this->shared_from_this());
  }

  Stream stream_;
  const HttpPeer peer_;
  const std::weak_ptr<HttpContext> context_;
  HttpRouter& router_;
  beast::flat_buffer buffer_{kHttpHeaderBytesMax + kHttpBodyBytesMax};
  std::optional<http::request_parser<http::string_body>> parser_;
  bool keep_alive_ = false;
  bool head_ = false;
  bool chunked_ = false;
  unsigned version_ = 11;
  HttpReply reply_;
  std::optional<http::response<http::string_body>> text_;
  std::optional<http::response_serializer<http::string_body>> text_serializer_;
  std::optional<http::response<http::empty_body>> head_of_source_;
  std::optional<http::response_serializer<http::empty_body>> source_serializer_;
  std::string piece_;
};

template <typename Stream>
std::shared_ptr<HttpSession> NewSession(Stream stream, HttpPeer peer, const std::shared_ptr<HttpContext>& context) {
  auto session = std::make_shared<StreamSession<Stream>>(std::move(stream), peer, context);
  context->sessions.insert(session);
  return session;
}

}  // namespace

std::shared_ptr<HttpSession> NewTcpSession(beast::tcp_stream stream, HttpPeer peer,
                                           const std::shared_ptr<HttpContext>& context) {
  return NewSession(std::move(stream), peer, context);
}

std::shared_ptr<HttpSession> NewTlsSession(beast::tcp_stream stream, asio::ssl::context& tls, HttpPeer peer,
                                           const std::shared_ptr<HttpContext>& context) {
  return NewSession(TlsStream(std::move(stream), tls), peer, context);
}

std::shared_ptr<HttpSession> NewLocalSession(LocalStream stream, HttpPeer peer,
                                             const std::shared_ptr<HttpContext>& context) {
  return NewSession(std::move(stream), peer, context);
}

}  // namespace steward::collector
