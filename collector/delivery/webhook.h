// The webhook channel: POST {"event": ..., "issue": {...}} with an idempotency key and a signature.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "collector/config/config.h"
#include "collector/delivery/channel.h"
#include "collector/delivery/http_client.h"

namespace steward::collector {

// Reads the secret. `http` outlives the channel. Errors: the secret's file or variable, with what to do.
absl::StatusOr<std::unique_ptr<Channel>> MakeWebhook(const ChannelConfig& config, HttpClient& http);

// What is sent.
std::string WebhookBody(const Notification& notification);
// "sha256=" and the HMAC-SHA256 of the body in hexadecimal.
std::string WebhookSignature(std::string_view secret, std::string_view body);

}  // namespace steward::collector
