#include "collector/identity/token_service.h"

#include <algorithm>
#include <array>
#include <memory>
#include <utility>

#include "absl/strings/escaping.h"
#include "base/text.h"
#include "collector/audit/audit_note.h"
#include "collector/config/load_config.h"
#include "collector/identity/certificate.h"
#include "proto/wire/enrollment_token.h"

namespace steward::collector {
namespace {

constexpr std::size_t kTokenIdBytes = 5;
constexpr std::size_t kSiteBytesMax = 64;
constexpr std::string_view kDefaultSite = "main";  // a label with an empty value is no label to Prometheus
constexpr std::string_view kApiPrefix = "sta1-";
constexpr std::array<std::string_view, 3> kClasses = {"server", "desktop", "laptop"};
constexpr std::array<std::string_view, 5> kRoles = {"owner", "it-manager", "partner", "viewer", "metrics"};

void SetTimestamp(absl::Time time, google::protobuf::Timestamp& to) {
  to.set_seconds(absl::ToUnixSeconds(time));
  to.set_nanos(static_cast<std::int32_t>(absl::ToInt64Nanoseconds(time - absl::FromUnixSeconds(to.seconds()))));
}

template <std::size_t N>
bool IsOneOf(std::string_view word, const std::array<std::string_view, N>& words) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

bool IsPlainText(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) >= 0x20 && c != 0x7F; });
}

absl::StatusOr<absl::Duration> Lifetime(bool given, const google::protobuf::Duration& value, absl::Duration otherwise,
                                        absl::Duration max) {
  if (!given) return otherwise;
  const absl::Duration lifetime = absl::Seconds(value.seconds()) + absl::Nanoseconds(value.nanos());
  if (lifetime > absl::ZeroDuration() && lifetime <= max) return lifetime;
  return absl::InvalidArgumentError(
      StrCat("expires must be more than nothing and at most ", absl::ToInt64Hours(max) / 24, " days"));
}

absl::Status CheckRequest(const v1::CreateEnrollmentTokenRequest& request) {
  if (!request.class_().empty() && !IsOneOf(request.class_(), kClasses)) {
    return absl::InvalidArgumentError(StrCat("class \"", request.class_(), "\" is not known; use server, desktop or laptop"));
  }
  if (request.site().size() > kSiteBytesMax || !IsPlainText(request.site())) {
    return absl::InvalidArgumentError(StrCat("site must be at most ", kSiteBytesMax, " bytes without control characters"));
  }
  if (request.uses() > kTokenUsesMax) return absl::InvalidArgumentError(StrCat("uses must be at most ", kTokenUsesMax));
  if (static_cast<std::size_t>(request.addresses_size()) > kTokenAddressesMax) {
    return absl::InvalidArgumentError(StrCat("a token can name at most ", kTokenAddressesMax, " addresses"));
  }
  for (const std::string& text : request.addresses()) {
    const absl::StatusOr<HostPort> address = ParseHostPort(text);
    if (!address.ok()) return address.status();
    if (address->port == 0 || address->IsWildcard()) {
      return absl::InvalidArgumentError(
          StrCat("\"", text, "\" is no address to connect to; write the collector's name or address and its agents' port"));
    }
  }
  return absl::OkStatus();
}

absl::Status UnknownApiToken() {
  return absl::UnauthenticatedError("this API token is not known; make one with `stewardctl token create --api --role viewer`");
}

// For the audit trail.
std::string WhatItOpens(const TokenRecord& token) {
  const std::string until = absl::FormatTime("%Y-%m-%d %H:%M UTC", token.expire_time, absl::UTCTimeZone());
  if (token.kind == TokenKind::kApi) return StrCat("API, role ", token.role, ", until ", until);
  return StrCat("enrolment of ", token.uses_allowed, " at site ", token.site, token.machine_class.empty() ? "" : StrCat(" as ", token.machine_class),
                ", until ", until);
}

}  // namespace

std::string_view TokenState(const TokenRecord& token, absl::Time now) {
  if (token.revoked) return "revoked";
  if (token.kind == TokenKind::kEnrollment && token.uses >= token.uses_allowed) return "used";
  if (now >= token.expire_time) return "expired";
  return "valid";
}

v1::Token TokenMessage(const TokenRecord& token, absl::Time now) {
  v1::Token message;
  message.set_id(token.id);
  message.set_kind(token.kind == TokenKind::kApi ? "api" : "enrollment");
  message.set_site(token.site);
  message.set_class_(token.machine_class);
  message.set_role(token.role);
  message.set_uses_allowed(token.kind == TokenKind::kApi ? 0 : token.uses_allowed);
  message.set_uses(token.uses);
  SetTimestamp(token.created_time, *message.mutable_created_time());
  if (token.expire_time != absl::InfiniteFuture()) SetTimestamp(token.expire_time, *message.mutable_expire_time());
  message.set_state(std::string(TokenState(token, now)));
  return message;
}

absl::StatusOr<TokenRecord> ConsumeEnrollmentToken(StorageTransaction& transaction, std::string_view secret, absl::Time now) {
  const std::string hash = Sha256(secret);
  absl::StatusOr<TokenRecord> token = transaction.FindTokenBySecret(hash);
  if (!token.ok() && !absl::IsNotFound(token.status())) return token.status();
  constexpr std::string_view kNew = "make a new one with `stewardctl token create`";
  if (!token.ok() || token->kind != TokenKind::kEnrollment || !EqualSecrets(token->secret_sha256, hash)) {
    return absl::UnauthenticatedError(
        StrCat("this enrolment token is not known here: it was altered, or made by another collector; ", kNew));
  }
  const std::string_view state = TokenState(*token, now);
  if (state == "revoked") return absl::PermissionDeniedError(StrCat("this enrolment token was revoked; ", kNew));
  if (state == "used") {
    return absl::FailedPreconditionError(StrCat("this enrolment token was used already (", token->uses, " of ",
                                                token->uses_allowed, " uses); ", kNew));
  }
  if (state == "expired") {
    return absl::FailedPreconditionError(StrCat("this enrolment token expired on ",
                                                absl::FormatTime("%Y-%m-%d %H:%M UTC", token->expire_time, absl::UTCTimeZone()),
                                                "; ", kNew));
  }
  ++token->uses;
  if (absl::Status status = transaction.PutToken(*token); !status.ok()) return status;
  return token;
}

void TokenService::SetDefaultAddresses(std::vector<std::string> addresses) {
  const MutexLock lock(&mutex_);
  default_addresses_ = std::move(addresses);
}

void TokenService::Store(TokenRecord token, std::string by, std::function<void(absl::StatusOr<TokenRecord>)> done) {
  auto stored = std::make_shared<TokenRecord>(std::move(token));
  storage_.Write(
      [this, stored, note = AuditNote{std::move(by), clock_.WallNow(), ""}](StorageTransaction& transaction) -> absl::Status {
        do {
          stored->id = absl::BytesToHexString(random_(kTokenIdBytes));
        } while (transaction.GetToken(stored->id).ok());
        if (absl::Status status = transaction.PutToken(*stored); !status.ok()) return status;
        return transaction.AddAudit(note.Of("token-created", StrCat("token ", stored->id), "", WhatItOpens(*stored)));
      },
      [stored, done = std::move(done)](absl::Status status) {
        if (status.ok()) {
          done(*stored);
        } else {
          done(std::move(status));
        }
      });
}

void TokenService::CreateEnrollmentToken(const v1::CreateEnrollmentTokenRequest& request,
                                         std::string by, Done<v1::CreateEnrollmentTokenResponse> done) {
  if (absl::Status status = CheckRequest(request); !status.ok()) return done(status);
  const absl::StatusOr<absl::Duration> lifetime =
      Lifetime(request.has_expires(), request.expires(), kEnrollmentTokenLifetime, kEnrollmentTokenLifetimeMax);
  if (!lifetime.ok()) return done(lifetime.status());
  const absl::Time now = clock_.WallNow();
  v1::EnrollmentToken content;
  *content.mutable_addresses() = request.addresses();
  if (request.addresses().empty()) {
    const MutexLock lock(&mutex_);
    content.mutable_addresses()->Add(default_addresses_.begin(), default_addresses_.end());
  }
  content.set_ca_sha256(ca_sha256_);
  content.set_secret(random_(kTokenSecretBytes));
  content.set_site(request.site().empty() ? std::string(kDefaultSite) : request.site());
  content.set_class_(request.class_());
  SetTimestamp(now + *lifetime, *content.mutable_expire_time());
  TokenRecord record;
  record.secret_sha256 = Sha256(content.secret());
  record.site = content.site();
  record.machine_class = request.class_();
  record.uses_allowed = std::max<std::uint32_t>(request.uses(), 1);
  record.created_time = now;
  record.expire_time = now + *lifetime;
  Store(std::move(record), std::move(by),
        [now, text = wire::FormatEnrollmentToken(content), done = std::move(done)](absl::StatusOr<TokenRecord> stored) {
          if (!stored.ok()) return done(stored.status());
          v1::CreateEnrollmentTokenResponse response;
          response.set_token(text);
          *response.mutable_record() = TokenMessage(*stored, now);
          done(std::move(response));
        });
}

void TokenService::CreateApiToken(const v1::CreateApiTokenRequest& request, std::string by, Done<v1::CreateApiTokenResponse> done) {
  if (!IsOneOf(request.role(), kRoles)) {
    return done(absl::InvalidArgumentError(
        StrCat("role \"", request.role(), "\" is not known; use owner, it-manager, partner, viewer or metrics")));
  }
  const absl::StatusOr<absl::Duration> lifetime =
      Lifetime(request.has_expires(), request.expires(), kApiTokenLifetime, kApiTokenLifetimeMax);
  if (!lifetime.ok()) return done(lifetime.status());
  const std::string secret = random_(kTokenSecretBytes);
  const absl::Time now = clock_.WallNow();
  TokenRecord record;
  record.kind = TokenKind::kApi;
  record.secret_sha256 = Sha256(secret);
  record.role = request.role();
  record.created_time = now;
  record.expire_time = now + *lifetime;
  Store(std::move(record), std::move(by), [now, secret, done = std::move(done)](absl::StatusOr<TokenRecord> stored) {
    if (!stored.ok()) return done(stored.status());
    v1::CreateApiTokenResponse response;
    response.set_token(StrCat(kApiPrefix, stored->id, "-", absl::WebSafeBase64Escape(secret)));
    *response.mutable_record() = TokenMessage(*stored, now);
    done(std::move(response));
  });
}

void TokenService::RevokeToken(const std::string& id, std::string by, Done<v1::RevokeTokenResponse> done) {
  auto revoked = std::make_shared<TokenRecord>();
  storage_.Write(
      [id, revoked, note = AuditNote{std::move(by), clock_.WallNow(), ""}](StorageTransaction& transaction) -> absl::Status {
        absl::StatusOr<TokenRecord> token = transaction.GetToken(id);
        if (absl::IsNotFound(token.status())) {
          return absl::NotFoundError(StrCat("there is no token \"", id, "\"; `stewardctl token list` shows their ids"));
        }
        if (!token.ok()) return token.status();
        const bool is_repeat = std::exchange(token->revoked, true);
        *revoked = *token;
        if (is_repeat) return absl::OkStatus();
        if (absl::Status status = transaction.PutToken(*token); !status.ok()) return status;
        return transaction.AddAudit(note.Of("token-revoked", StrCat("token ", id), "", "revoked"));
      },
      [now = clock_.WallNow(), revoked, done = std::move(done)](absl::Status status) {
        if (!status.ok()) return done(std::move(status));
        v1::RevokeTokenResponse response;
        *response.mutable_record() = TokenMessage(*revoked, now);
        done(std::move(response));
      });
}

absl::StatusOr<v1::ListTokensResponse> TokenService::ListTokens() {
  v1::ListTokensResponse response;
  const absl::Status status = storage_.Read([&](StorageReader& reader) {
    absl::StatusOr<std::vector<TokenRecord>> tokens = reader.ListTokens();
    if (!tokens.ok()) return tokens.status();
    for (const TokenRecord& token : *tokens) *response.add_tokens() = TokenMessage(token, clock_.WallNow());
    return absl::OkStatus();
  });
  if (!status.ok()) return status;
  return response;
}

absl::StatusOr<TokenRecord> TokenService::CheckApiToken(std::string_view text) {
  if (!text.starts_with(kApiPrefix)) return UnknownApiToken();
  text.remove_prefix(kApiPrefix.size());
  const std::size_t dash = text.find('-');
  std::string secret;
  if (dash == std::string_view::npos || !absl::WebSafeBase64Unescape(ToAbsl(text.substr(dash + 1)), &secret)) {
    return UnknownApiToken();
  }
  absl::StatusOr<TokenRecord> token = absl::NotFoundError("");
  const absl::Status status = storage_.Read([&](StorageReader& reader) {
    token = reader.GetToken(text.substr(0, dash));
    return absl::IsNotFound(token.status()) ? absl::OkStatus() : token.status();
  });
  if (!status.ok()) return status;
  if (!token.ok() || token->kind != TokenKind::kApi || !EqualSecrets(token->secret_sha256, Sha256(secret))) {
    return UnknownApiToken();
  }
  const std::string_view state = TokenState(*token, clock_.WallNow());
  if (state == "valid") return token;
  return absl::UnauthenticatedError(StrCat("this API token is ", state, "; make one with `stewardctl token create --api`"));
}

}  // namespace steward::collector
