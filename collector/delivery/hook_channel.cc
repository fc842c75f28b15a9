#include "collector/delivery/hook_channel.h"

#include <utility>

#include "base/text.h"
#include "collector/delivery/http_outcome.h"
#include "collector/delivery/secret.h"

namespace steward::collector {
namespace {

class HookChannel final : public Channel {
 public:
  HookChannel(ChannelConfig config, std::string token, const ChannelTools& tools, const HookKind& kind)
      : config_(std::move(config)), token_(std::move(token)), text_(tools.text), http_(tools.http), kind_(kind) {}

  const std::string& name() const override { return config_.name; }

  void Send(const Notification& notification, std::function<void(SendOutcome)> done) override {
    HttpCall call;
    call.method = "POST";
    call.url = config_.url;
    call.ca_file = config_.ca_file;
    call.headers = {"Content-Type: application/json; charset=utf-8", StrCat("Idempotency-Key: ", notification.idempotency_key)};
    if (!token_.empty()) call.headers.push_back(StrCat("Authorization: Bearer ", token_));
    call.body = boost::json::serialize(kind_.body(TextOf(notification, text_), config_));
    http_.Start(std::move(call), [remedy = kind_.remedy, done = std::move(done)](const HttpAnswer& answer) {
      SendOutcome outcome = HttpOutcome(answer);
      if (std::string better = outcome.remedy.empty() ? "" : remedy(answer); !better.empty()) outcome.remedy = std::move(better);
      done(outcome);
    });
  }

 private:
  const ChannelConfig config_;
  const std::string token_;
  const TextSettings text_;
  HttpClient& http_;
  const HookKind kind_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<Channel>> MakeHookChannel(const ChannelConfig& config, const ChannelTools& tools, const HookKind& kind) {
  absl::StatusOr<std::string> secret = ReadSecret(config);
  if (!secret.ok()) return secret.status();
  if (kind.secret == HookKind::Secret::kBearerToken || secret->empty()) {
    return std::make_unique<HookChannel>(config, *std::move(secret), tools, kind);
  }
  if (!secret->starts_with("https://") && !secret->starts_with("http://")) {
    return absl::InvalidArgumentError(StrCat("channel \"", config.name, "\": the secret is not a web address; put the address in it that ",
                                             config.type, " gave for its incoming webhook, https://..."));
  }
  ChannelConfig with_url = config;
  with_url.url = *std::move(secret);
  return std::make_unique<HookChannel>(std::move(with_url), "", tools, kind);
}

}  // namespace steward::collector
