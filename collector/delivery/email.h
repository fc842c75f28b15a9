// The email channel: a mail to each address in one SMTP transaction; the mails of an issue make one thread.
#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "collector/config/config.h"
#include "collector/delivery/channel.h"
#include "collector/delivery/channel_tools.h"
#include "collector/delivery/smtp_client.h"

namespace steward::collector {

// Errors: the secret's file or variable, with what to do.
absl::StatusOr<std::unique_ptr<Channel>> MakeEmail(const ChannelConfig& config, const ChannelTools& tools);

// Taken for one recipient at least: delivered. Refused with 4xx, no login possible now, no answer, no TLS: again. Refused
// with 5xx: never, but for a refused login, which people repair.
SendOutcome SmtpOutcome(const SmtpAnswer& answer);

}  // namespace steward::collector
