#include "collector/delivery/webhook.h"

#include <array>
#include <utility>

#include "absl/strings/escaping.h"
#include "base/text.h"
#include "boost/json.hpp"
#include "collector/delivery/http_outcome.h"
#include "collector/delivery/secret.h"
#include "google/protobuf/util/json_util.h"
#include "openssl/evp.h"
#include "openssl/hmac.h"

namespace steward::collector {
namespace {

class Webhook final : public Channel {
 public:
  Webhook(const ChannelConfig& config, std::string secret, HttpClient& http)
      : name_(config.name), url_(config.url), ca_file_(config.ca_file), secret_(std::move(secret)), http_(http) {}

  const std::string& name() const override { return name_; }

  void Send(const Notification& notification, std::function<void(SendOutcome)> done) override {
    HttpCall request;
    request.method = "POST";
    request.url = url_;
    request.ca_file = ca_file_;
    request.body = WebhookBody(notification);
    request.headers = {"Content-Type: application/json", StrCat("Idempotency-Key: ", notification.idempotency_key)};
    if (!secret_.empty()) {
      request.headers.push_back(StrCat("X-Steward-Signature: ", WebhookSignature(secret_, request.body)));
    }
    http_.Start(std::move(request), [done = std::move(done)](const HttpAnswer& response) { done(HttpOutcome(response)); });
  }

 private:
  std::string name_, url_, ca_file_, secret_;
  HttpClient& http_;
};

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

}  // namespace steward::collector
