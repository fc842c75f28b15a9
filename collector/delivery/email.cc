#include "collector/delivery/email.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_join.h"
#include "base/text.h"
#include "collector/delivery/http_outcome.h"
#include "collector/delivery/mail_message.h"
#include "collector/delivery/oauth_token.h"
#include "collector/delivery/secret.h"

namespace steward::collector {
namespace {

using Result = SendOutcome::Result;

SmtpCall::Security SecurityOf(const std::string& word) {
  if (word == "tls") return SmtpCall::Security::kTls;
  return word == "none" ? SmtpCall::Security::kNone : SmtpCall::Security::kStartTls;
}

SendOutcome NoToken(const absl::Status& status) {
  SendOutcome outcome;
  outcome.result = Result::kRetry;
  outcome.answer = CleanAnswer(std::string(status.message()));
  outcome.remedy = absl::IsUnauthenticated(status)
                       ? "Check client_id, scope and token_url of the channel's oauth, and whether the client's secret has ended."
                       : "Check token_url of the channel's oauth, and the way from this machine to it.";
  return outcome;
}

class Email final : public Channel {
 public:
  Email(const ChannelConfig& config, std::string secret, const ChannelTools& tools)
      : config_(config), secret_(std::move(secret)), text_(tools.text), smtp_(tools.executor) {
    const EmailConfig& email = config.email;
    if (email.oauth_token_url.empty()) return;
    token_ = std::make_unique<OauthToken>(
        OauthToken::Client{email.oauth_token_url, email.oauth_client_id, secret_, email.oauth_scope, config.ca_file}, tools.http, tools.clock);
  }

  const std::string& name() const override { return config_.name; }

  void Send(const Notification& notification, std::function<void(SendOutcome)> done) override {
    SmtpCall call = CallOf(notification);
    if (token_ == nullptr) return Hand(std::move(call), std::move(done));
    token_->Get([this, call = std::move(call), done = std::move(done)](const absl::StatusOr<std::string>& token) mutable {
      if (!token.ok()) return done(NoToken(token.status()));
      call.bearer_token = *token;
      Hand(std::move(call), std::move(done));
    });
  }

 private:
  SmtpCall CallOf(const Notification& notification) const {
    SmtpCall call;
    call.server = config_.email.server;
    call.security = SecurityOf(config_.email.security);
    call.user = config_.email.user;
    if (token_ == nullptr) call.password = secret_;
    call.ca_file = config_.ca_file;
    call.from = config_.email.from;
    call.to = config_.email.to;
    const MailHead head{call.from, call.to, notification.idempotency_key, notification.issue.id(),
                        notification.event != "updated" && notification.event != "resolved", notification.time};
    call.message = MailMessage(head, TextOf(notification, text_));
    return call;
  }

  void Hand(SmtpCall call, std::function<void(SendOutcome)> done) {
    smtp_.Start(std::move(call), [this, done = std::move(done)](const SmtpAnswer& answer) {
      if (answer.code == CURLE_LOGIN_DENIED && token_ != nullptr) token_->Forget();
      done(SmtpOutcome(answer));
    });
  }

  const ChannelConfig config_;
  const std::string secret_;
  const TextSettings text_;
  std::unique_ptr<OauthToken> token_;
  SmtpClient smtp_;
};

bool Begins(const SmtpAnswer& answer, std::string_view code) {
  return std::any_of(answer.refusals.begin(), answer.refusals.end(), [&](const std::string& line) { return line.starts_with(code); });
}

// The server did not take it and said why.
SendOutcome Refused(const SmtpAnswer& answer) {
  const bool permanent = std::all_of(answer.refusals.begin(), answer.refusals.end(), [](const std::string& line) { return line.starts_with('5'); });
  std::string remedy = "The mail server asks to come again later, as for greylisting or a full mailbox; it is tried again.";
  if (Begins(answer, "530")) remedy = "The mail server wants a login: set user and secret_file, and security = \"starttls\" or \"tls\".";
  else if (Begins(answer, "550") || Begins(answer, "551") || Begins(answer, "553")) {
    remedy = "Check the addresses in to and from; the server may also not relay for this machine without a login.";
  } else if (Begins(answer, "552")) remedy = "The mailbox is full, or the mail is too large for the server.";
  else if (permanent) remedy = "The mail server does not accept the mail: its answer says why; see its log.";
  return {permanent ? Result::kPermanent : Result::kRetry, std::nullopt, CleanAnswer(absl::StrJoin(answer.refusals, "; ")), std::move(remedy)};
}

SendOutcome NotReached(const SmtpAnswer& answer, std::string remedy) {
  return {Result::kRetry, std::nullopt, CleanAnswer(StrCat("no answer: ", answer.error)), std::move(remedy)};
}

}  // namespace

SendOutcome SmtpOutcome(const SmtpAnswer& answer) {
  switch (answer.code) {
    case CURLE_OK: {
      // The last reply is that to the mail itself; refusals before it are of single recipients.
      const std::string others = answer.refusals.empty() ? "" : StrCat("; but not for everybody: ", absl::StrJoin(answer.refusals, "; "));
      return {Result::kDelivered, std::nullopt, CleanAnswer(StrCat("taken: ", answer.accepted, others)), ""};
    }
    case CURLE_LOGIN_DENIED:
      return {Result::kRetry, std::nullopt,
              CleanAnswer(answer.refusals.empty() ? StrCat("login refused: ", answer.error) : StrCat("login refused: ", absl::StrJoin(answer.refusals, "; "))),
              "Check user and the password in secret_file; mailboxes with a second factor need a password for apps, Microsoft 365 and "
              "Google want oauth. It is tried again."};
    case CURLE_USE_SSL_FAILED:
      return NotReached(answer, "The server offers no STARTTLS on this port: use port 587, or security = \"tls\" with port 465; \"none\" only for a relay in your own network.");
    case CURLE_SSL_CONNECT_ERROR:
      return NotReached(answer, "TLS was not agreed: port 465 wants security = \"tls\", port 587 and 25 \"starttls\".");
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_ISSUER_ERROR:
      return NotReached(answer, "The server's certificate is not trusted: its name must be that in server, and its authority installed on this machine or named by ca_file.");
    case CURLE_SSL_CACERT_BADFILE:
      return NotReached(answer, "ca_file cannot be read: it must be a PEM file that the collector's user may read.");
    case CURLE_COULDNT_RESOLVE_HOST:
      return NotReached(answer, "Check the host name in server and the name server of this machine.");
    case CURLE_COULDNT_CONNECT:
      return NotReached(answer, "Check host and port in server; many networks block port 25 to the outside, use 587.");
    case CURLE_OPERATION_TIMEDOUT:
      return NotReached(answer, "The mail server took too long: check port and security (a TLS port without security = \"tls\" waits for ever), and the firewall on the way.");
    default: break;
  }
  if (!answer.refusals.empty()) return Refused(answer);
  return NotReached(answer, "The mail server broke off: see its log.");
}

absl::StatusOr<std::unique_ptr<Channel>> MakeEmail(const ChannelConfig& config, const ChannelTools& tools) {
  absl::StatusOr<std::string> secret = ReadSecret(config);
  if (!secret.ok()) return secret.status();
  return std::make_unique<Email>(config, *std::move(secret), tools);
}

}  // namespace steward::collector
