#include "collector/delivery/webhook.h"

#include <array>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "base/text.h"
#include "boost/json.hpp"
#include "collector/delivery/secret.h"
#include "google/protobuf/util/json_util.h"
#include "openssl/evp.h"
#include "openssl/hmac.h"

namespace steward::collector {
namespace {

class Webhook final : public Channel {
 public:
  Webhook(const ChannelConfig& config, std::string secret, HttpClient& http)
      : name_(config.name), url_(config.url), secret_(std::move(secret)), http_(http) {}

  const std::string& name() const override { return name_; }

  void Send(const Notification& notification, std::function<void(SendOutcome)> done) override {
    HttpCall request;
    request.method = "POST";
    request.url = url_;
    request.body = WebhookBody(notification);
    request.headers = {"Content-Type: application/json", StrCat("Idempotency-Key: ", notification.idempotency_key)};
    if (!secret_.empty()) {
      request.headers.push_back(StrCat("X-Steward-Signature: ", WebhookSignature(secret_, request.body)));
    }
    http_.Start(std::move(request), [done = std::move(done)](const HttpAnswer& response) { done(WebhookOutcome(response)); });
  }

 private:
  std::string name_, url_, secret_;
  HttpClient& http_;
};

std::string RemedyFor(HttpFailure failure) {
  switch (failure) {
    case HttpFailure::kUrl: return "Write the channel's url as https://host/path.";
    case HttpFailure::kName: return "Check the host name in the channel's url and the name server of this machine.";
    case HttpFailure::kConnect: return "Check host and port in the channel's url, and whether the receiver runs; a firewall may be between.";
    case HttpFailure::kTimeout: return "The receiver took too long: check that it runs, and the proxy or firewall on the way.";
    case HttpFailure::kTls:
      return "Check the receiver's certificate: its name, its end, and that its authority is installed on this machine; "
             "or whether the port speaks TLS at all.";
    case HttpFailure::kBroken: return "The receiver closed the connection without an answer: see its log.";
    case HttpFailure::kNone: break;
  }
  return "";
}

std::string RemedyFor(long status) {
  if (status == 401 || status == 403) return "The receiver refuses us: check the key in secret_file, and the receiver's access rules.";
  if (status == 404 || status == 410) return "Check the path in the channel's url.";
  if (status == 405) return "The receiver takes no POST at this path: check the channel's url.";
  if (status == 413) return "The receiver wants smaller messages: raise its limit to 1 MB.";
  if (status == 429) return "The receiver asks for fewer messages; it is tried again later.";
  if (status >= 300 && status < 400) return "The receiver has moved: write its new address as the channel's url.";
  if (status >= 500) return "The receiver has a fault: see its log. It is tried again.";
  return "The receiver does not accept the message: see its log.";
}

}  // namespace

absl::StatusOr<std::unique_ptr<Channel>> MakeWebhook(const ChannelConfig& config, HttpClient& http) {
  absl::StatusOr<std::string> secret = ReadSecret(config);
  if (!secret.ok()) return secret.status();
  return std::make_unique<Webhook>(config, *std::move(secret), http);
}

std::string WebhookBody(const Notification& notification) {
  if (notification.event == "test") {
    return boost::json::serialize(boost::json::value{
        {"event", "test"},
        {"message", "This is a test message from Steward. Nothing is wrong, nothing has to be done."},
        {"time", absl::FormatTime(absl::RFC3339_sec, notification.time, absl::UTCTimeZone())}});
  }
  google::protobuf::util::JsonPrintOptions options;
  options.always_print_primitive_fields = true;  // a receiver finds the same fields each time
  std::string issue;
  if (!google::protobuf::util::MessageToJsonString(notification.issue, &issue, options).ok()) issue = "{}";
  return StrCat("{\"event\":", boost::json::serialize(boost::json::string(notification.event)), ",\"issue\":", issue, "}");
}

std::string WebhookSignature(std::string_view secret, std::string_view body) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int size = 0;
  HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()), reinterpret_cast<const unsigned char*>(body.data()),
       body.size(), digest.data(), &size);
  return StrCat("sha256=", absl::BytesToHexString({reinterpret_cast<const char*>(digest.data()), size}));
}

SendOutcome WebhookOutcome(const HttpAnswer& response) {
  SendOutcome outcome;
  outcome.retry_after = response.retry_after;
  if (response.failure != HttpFailure::kNone) {
    outcome.result = response.failure == HttpFailure::kUrl ? SendOutcome::Result::kPermanent : SendOutcome::Result::kRetry;
    outcome.answer = StrCat("no answer: ", response.error);
    outcome.remedy = RemedyFor(response.failure);
    return outcome;
  }
  std::string body = response.body;
  for (char& c : body) {
    if (absl::ascii_iscntrl(static_cast<unsigned char>(c)) || !absl::ascii_isascii(static_cast<unsigned char>(c))) c = ' ';
  }
  outcome.answer = StrCat("HTTP ", response.status, body.empty() ? "" : ": ", body.substr(0, 300));
  if (response.status >= 200 && response.status < 300) {
    outcome.result = SendOutcome::Result::kDelivered;
    return outcome;
  }
  const bool refused = response.status >= 400 && response.status < 500 && response.status != 429;
  outcome.result = refused ? SendOutcome::Result::kPermanent : SendOutcome::Result::kRetry;
  outcome.remedy = RemedyFor(response.status);
  return outcome;
}

}  // namespace steward::collector
