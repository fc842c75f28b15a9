#include "collector/delivery/smtp_client.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <memory>
#include <string_view>
#include <utility>

#include "base/text.h"
#include "boost/asio/post.hpp"

namespace steward::collector {
namespace {

// One mail under way; libcurl reads from and writes to it.
struct Mail {
  const SmtpCall& call;
  const std::atomic<bool>& stopping;
  std::size_t sent = 0;
  SmtpAnswer answer = {};
  std::array<char, CURL_ERROR_SIZE> error = {};

  static std::size_t OnRead(char* out, std::size_t size, std::size_t count, void* user) {
    auto* mail = static_cast<Mail*>(user);
    const std::size_t bytes = std::min(size * count, mail->call.message.size() - mail->sent);
    std::memcpy(out, mail->call.message.data() + mail->sent, bytes);
    mail->sent += bytes;
    return bytes;
  }

  // Each line that the server says.
  static std::size_t OnReply(char* data, std::size_t size, std::size_t count, void* user) {
    constexpr std::size_t kReplyBytes = 500;
    constexpr std::size_t kRefusalsMax = 20;
    SmtpAnswer& answer = static_cast<Mail*>(user)->answer;
    std::string line(data, std::min(size * count, kReplyBytes));
    while (!line.empty() && (line.back() == '\n' || line.back() == '\r')) line.pop_back();
    const bool refused = line.starts_with('4') || line.starts_with('5');
    if (refused && answer.refusals.size() < kRefusalsMax) answer.refusals.push_back(line);
    if (line.starts_with("250")) answer.accepted = std::move(line);
    return size * count;
  }

  static int OnProgress(void* user, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
    return static_cast<Mail*>(user)->stopping ? 1 : 0;
  }
};

void SetLogin(CURL* easy, const SmtpCall& call) {
  if (call.user.empty()) return;
  curl_easy_setopt(easy, CURLOPT_USERNAME, call.user.c_str());
  if (call.bearer_token.empty()) {
    curl_easy_setopt(easy, CURLOPT_PASSWORD, call.password.c_str());
  } else {
    curl_easy_setopt(easy, CURLOPT_LOGIN_OPTIONS, "AUTH=XOAUTH2");
    curl_easy_setopt(easy, CURLOPT_XOAUTH2_BEARER, call.bearer_token.c_str());
  }
}

SmtpAnswer Send(const SmtpCall& call, const std::atomic<bool>& stopping) {
  const std::unique_ptr<CURL, decltype(&curl_easy_cleanup)> handle(curl_easy_init(), &curl_easy_cleanup);
  CURL* easy = handle.get();
  Mail mail{call, stopping};
  const bool tls_at_once = call.security == SmtpCall::Security::kTls;
  const std::string url = StrCat(tls_at_once ? "smtps://" : "smtp://", call.server);
  const std::string from = StrCat("<", call.from, ">");
  curl_slist* recipients = nullptr;
  for (const std::string& address : call.to) recipients = curl_slist_append(recipients, StrCat("<", address, ">").c_str());
  curl_easy_setopt(easy, CURLOPT_URL, url.c_str());
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_PROXY, "");  // HTTP proxies of the environment are not for mail
  curl_easy_setopt(easy, CURLOPT_USE_SSL, static_cast<long>(call.security == SmtpCall::Security::kNone ? CURLUSESSL_NONE : CURLUSESSL_ALL));
  if (!call.ca_file.empty()) curl_easy_setopt(easy, CURLOPT_CAINFO, call.ca_file.c_str());
  SetLogin(easy, call);
  curl_easy_setopt(easy, CURLOPT_MAIL_FROM, from.c_str());
  curl_easy_setopt(easy, CURLOPT_MAIL_RCPT, recipients);
  curl_easy_setopt(easy, CURLOPT_MAIL_RCPT_ALLLOWFAILS, 1L);  // one wrong address keeps nobody else from being told
  curl_easy_setopt(easy, CURLOPT_UPLOAD, 1L);
  curl_easy_setopt(easy, CURLOPT_INFILESIZE_LARGE, static_cast<curl_off_t>(call.message.size()));
  curl_easy_setopt(easy, CURLOPT_READFUNCTION, &Mail::OnRead);
  curl_easy_setopt(easy, CURLOPT_READDATA, &mail);
  curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, &Mail::OnReply);
  curl_easy_setopt(easy, CURLOPT_HEADERDATA, &mail);
  curl_easy_setopt(easy, CURLOPT_NOPROGRESS, 0L);
  curl_easy_setopt(easy, CURLOPT_XFERINFOFUNCTION, &Mail::OnProgress);
  curl_easy_setopt(easy, CURLOPT_XFERINFODATA, &mail);
  curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, mail.error.data());
  curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, 1L);
  curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(absl::ToInt64Milliseconds(call.connect_timeout)));
  curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, static_cast<long>(absl::ToInt64Milliseconds(call.timeout)));
  curl_easy_setopt(easy, CURLOPT_SERVER_RESPONSE_TIMEOUT, static_cast<long>(absl::ToInt64Seconds(call.timeout)));
  mail.answer.code = curl_easy_perform(easy);
  if (mail.answer.code != CURLE_OK) mail.answer.error = mail.error[0] != '\0' ? mail.error.data() : curl_easy_strerror(mail.answer.code);
  curl_slist_free_all(recipients);
  return std::move(mail.answer);
}

}  // namespace

SmtpClient::SmtpClient(boost::asio::any_io_executor executor)
    : executor_(std::move(executor)), thread_([this] { Run(); }) {}

SmtpClient::~SmtpClient() {
  {
    const MutexLock lock(&mutex_);
    stopping_ = true;
  }
  thread_.join();
}

void SmtpClient::Start(SmtpCall call, std::function<void(SmtpAnswer)> done) {
  const MutexLock lock(&mutex_);
  jobs_.push_back({std::move(call), std::move(done)});
}

void SmtpClient::Run() {
  const auto has_work = [this]() ABSL_NO_THREAD_SAFETY_ANALYSIS { return stopping_ || !jobs_.empty(); };
  while (true) {
    Job job;
    {
      const MutexLock lock(&mutex_);
      mutex_.Await(has_work);
      if (stopping_) return;
      job = std::move(jobs_.front());
      jobs_.pop_front();
    }
    SmtpAnswer answer = Send(job.call, stopping_);
    if (stopping_) return;
    boost::asio::post(executor_, [alive = std::weak_ptr(alive_), done = std::move(job.done), answer = std::move(answer)] {
      if (const auto still = alive.lock()) done(answer);
    });
  }
}

}  // namespace steward::collector
