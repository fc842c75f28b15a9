#include "collector/api/token_caller.h"

#include "base/text.h"

namespace steward::collector {

absl::StatusOr<Caller> CallerOfToken(TokenService& tokens, std::string_view token) {
  const auto record = tokens.CheckApiToken(token);
  if (!record.ok()) return record.status();
  const auto role = ParseRole(record->role);
  if (!role) return absl::UnauthenticatedError(StrCat("the token's role ", record->role, " is unknown to this version"));
  return Caller{*role, StrCat("token ", record->id), ""};
}

}  // namespace steward::collector
