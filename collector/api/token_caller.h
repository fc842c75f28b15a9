// Whose word an API token is.
#pragma once

#include <string_view>

#include "absl/status/statusor.h"
#include "collector/api/caller.h"
#include "collector/identity/token_service.h"

namespace steward::collector {

// Unauthenticated: not a valid API token; says what to do.
absl::StatusOr<Caller> CallerOfToken(TokenService& tokens, std::string_view token);

}  // namespace steward::collector
