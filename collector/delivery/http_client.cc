#include "collector/delivery/http_client.h"

#include <curl/curl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <utility>

#include "boost/asio/error.hpp"
#include "boost/asio/posix/stream_descriptor.hpp"
#include "boost/asio/post.hpp"
#include "boost/asio/steady_timer.hpp"

namespace steward::collector {
namespace {

namespace asio = boost::asio;

HttpFailure FailureOf(CURLcode code) {
  switch (code) {
    case CURLE_OK: return HttpFailure::kNone;
    case CURLE_URL_MALFORMAT:
    case CURLE_UNSUPPORTED_PROTOCOL: return HttpFailure::kUrl;
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY: return HttpFailure::kName;
    case CURLE_COULDNT_CONNECT: return HttpFailure::kConnect;
    case CURLE_OPERATION_TIMEDOUT: return HttpFailure::kTimeout;
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CIPHER:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_ISSUER_ERROR: return HttpFailure::kTls;
    default: return HttpFailure::kBroken;
  }
}

// One request under way; libcurl reads from and writes to it.
struct Transfer {
  HttpCall request;
  std::function<void(HttpAnswer)> done;
  HttpAnswer response;
  std::array<char, CURL_ERROR_SIZE> error{};
  curl_slist* headers = nullptr;
  CURL* easy = nullptr;

  Transfer() = default;
  Transfer(const Transfer&) = delete;
  Transfer& operator=(const Transfer&) = delete;
  ~Transfer() {
    if (easy != nullptr) curl_easy_cleanup(easy);
    curl_slist_free_all(headers);
  }

  static std::size_t OnBody(char* data, std::size_t size, std::size_t count, void* user) {
    auto* transfer = static_cast<Transfer*>(user);
    std::string& body = transfer->response.body;
    body.append(data, std::min(size * count, transfer->request.body_bytes_kept - body.size()));
    return size * count;
  }
};

}  // namespace

// libcurl's multi interface driven by Asio: it says which descriptors and which time to wait for.
class HttpClient::Multi : public std::enable_shared_from_this<HttpClient::Multi> {
 public:
  explicit Multi(asio::any_io_executor executor) : executor_(std::move(executor)), timer_(executor_) {
    curl_global_init(CURL_GLOBAL_DEFAULT);  // counted and thread-safe
    multi_ = curl_multi_init();
    curl_multi_setopt(multi_, CURLMOPT_SOCKETFUNCTION, &Multi::OnSocket);
    curl_multi_setopt(multi_, CURLMOPT_SOCKETDATA, this);
    curl_multi_setopt(multi_, CURLMOPT_TIMERFUNCTION, &Multi::OnTimer);
    curl_multi_setopt(multi_, CURLMOPT_TIMERDATA, this);
  }

  ~Multi() {
    Close();
    curl_multi_cleanup(multi_);
    curl_global_cleanup();
  }

  void Close() {
    closed_ = true;
    timer_.cancel();
    for (const auto& [easy, transfer] : transfers_) curl_multi_remove_handle(multi_, easy);
    transfers_.clear();
    for (const auto& [fd, watch] : watches_) watch->Close();
    watches_.clear();
  }

  void Start(HttpCall request, std::function<void(HttpAnswer)> done) {
    auto transfer = std::make_unique<Transfer>();
    transfer->request = std::move(request);
    transfer->done = std::move(done);
    transfer->easy = curl_easy_init();
    Configure(*transfer);
    CURL* easy = transfer->easy;
    transfers_.emplace(easy, std::move(transfer));
    curl_multi_add_handle(multi_, easy);  // asks for a timer at once
  }

 private:
  struct Watch {
    Watch(const asio::any_io_executor& executor, int fd) : descriptor(executor, fd) {}
    // Ends the waits under way, whose handlers hold this.
    void Close() {
      boost::system::error_code ignored;
      descriptor.close(ignored);
    }
    asio::posix::stream_descriptor descriptor;  // a duplicate: libcurl may close its own whenever it likes
    int wanted = 0;                             // CURL_POLL_IN, _OUT, _INOUT
    bool reading = false, writing = false;      // a wait is under way
  };

  static void Configure(Transfer& transfer) {
    CURL* easy = transfer.easy;
    const HttpCall& request = transfer.request;
    curl_easy_setopt(easy, CURLOPT_URL, request.url.c_str());
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_USERAGENT, "Steward");
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(absl::ToInt64Milliseconds(request.connect_timeout)));
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, static_cast<long>(absl::ToInt64Milliseconds(request.timeout)));
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, transfer.error.data());
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &Transfer::OnBody);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, &transfer);
    if (!request.ca_file.empty()) curl_easy_setopt(easy, CURLOPT_CAINFO, request.ca_file.c_str());
    for (const std::string& header : request.headers) transfer.headers = curl_slist_append(transfer.headers, header.c_str());
    if (request.method == "POST") {
      curl_easy_setopt(easy, CURLOPT_POST, 1L);
      curl_easy_setopt(easy, CURLOPT_POSTFIELDS, request.body.data());
      curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
      transfer.headers = curl_slist_append(transfer.headers, "Expect:");  // no extra round trip
    }
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, transfer.headers);
  }

  static int OnSocket(CURL*, curl_socket_t fd, int what, void* user, void*) {
    auto* self = static_cast<Multi*>(user);
    if (self->closed_) return 0;
    if (what == CURL_POLL_REMOVE) {
      if (const auto found = self->watches_.find(fd); found != self->watches_.end()) {
        found->second->Close();
        self->watches_.erase(found);
      }
      return 0;
    }
    auto& watch = self->watches_[fd];
    if (!watch) watch = std::make_shared<Watch>(self->executor_, dup(fd));
    watch->wanted = what;
    self->Wait(fd, watch);
    return 0;
  }

  static int OnTimer(CURLM*, long milliseconds, void* user) {
    auto* self = static_cast<Multi*>(user);
    self->timer_.cancel();
    if (milliseconds < 0 || self->closed_) return 0;
    self->timer_.expires_after(std::chrono::milliseconds(milliseconds));
    self->timer_.async_wait([weak = self->weak_from_this()](const boost::system::error_code& error) {
      const auto alive = weak.lock();
      if (!error && alive && !alive->closed_) alive->Act(CURL_SOCKET_TIMEOUT, 0);
    });
    return 0;
  }

  void Wait(int fd, const std::shared_ptr<Watch>& watch) {
    const auto on_ready = [this, fd, watch](int flag, bool Watch::* under_way) {
      return [weak = weak_from_this(), fd, watch, flag, under_way](const boost::system::error_code& error) {
        (*watch).*under_way = false;
        const auto alive = weak.lock();
        if (!alive || alive->closed_ || error == asio::error::operation_aborted) return;
        const auto current = alive->watches_.find(fd);
        if (current == alive->watches_.end() || current->second != watch) return;  // another connection by now
        alive->Act(fd, error ? flag | CURL_CSELECT_ERR : flag);
        if (alive->closed_) return;
        const auto after = alive->watches_.find(fd);
        if (after != alive->watches_.end() && after->second == watch) alive->Wait(fd, watch);
      };
    };
    if ((watch->wanted & CURL_POLL_IN) != 0 && !watch->reading) {
      watch->reading = true;
      watch->descriptor.async_wait(asio::posix::stream_descriptor::wait_read, on_ready(CURL_CSELECT_IN, &Watch::reading));
    }
    if ((watch->wanted & CURL_POLL_OUT) != 0 && !watch->writing) {
      watch->writing = true;
      watch->descriptor.async_wait(asio::posix::stream_descriptor::wait_write, on_ready(CURL_CSELECT_OUT, &Watch::writing));
    }
  }

  void Act(curl_socket_t fd, int flags) {
    int running = 0;
    curl_multi_socket_action(multi_, fd, flags, &running);
    int left = 0;
    while (CURLMsg* message = curl_multi_info_read(multi_, &left)) {
      if (message->msg != CURLMSG_DONE) continue;
      Finish(message->easy_handle, message->data.result);
      if (closed_) return;
    }
  }

  void Finish(CURL* easy, CURLcode code) {
    const auto found = transfers_.find(easy);
    if (found == transfers_.end()) return;
    const std::unique_ptr<Transfer> transfer = std::move(found->second);
    transfers_.erase(found);
    HttpAnswer& response = transfer->response;
    response.failure = FailureOf(code);
    if (code == CURLE_OK) {
      curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &response.status);
      curl_off_t seconds = 0;
      if (curl_easy_getinfo(easy, CURLINFO_RETRY_AFTER, &seconds) == CURLE_OK && seconds > 0) {
        response.retry_after = absl::Seconds(seconds);
      }
    } else {
      response.error = transfer->error[0] != '\0' ? transfer->error.data() : curl_easy_strerror(code);
    }
    curl_multi_remove_handle(multi_, easy);
    transfer->done(std::move(response));
  }

  asio::any_io_executor executor_;
  asio::steady_timer timer_;
  CURLM* multi_ = nullptr;
  bool closed_ = false;
  std::map<CURL*, std::unique_ptr<Transfer>> transfers_;
  std::map<int, std::shared_ptr<Watch>> watches_;
};

HttpClient::HttpClient(asio::any_io_executor executor) : multi_(std::make_shared<Multi>(std::move(executor))) {}

HttpClient::~HttpClient() { multi_->Close(); }

void HttpClient::Start(HttpCall request, std::function<void(HttpAnswer)> done) {
  multi_->Start(std::move(request), std::move(done));
}

}  // namespace steward::collector
