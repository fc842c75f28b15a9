#include <utility>

#include "collector/api/services.h"

namespace steward::collector {

void AddTokenService(TokenService& tokens, RpcTable& rpc) {
  rpc.Add<v1::CreateEnrollmentTokenRequest, v1::CreateEnrollmentTokenResponse>(
      "steward.v1.TokenService.CreateEnrollmentToken", [&](const Caller& caller, const auto& request, auto done) {
        tokens.CreateEnrollmentToken(request, WhoActs(caller), std::move(done));
      });
  rpc.Add<v1::CreateApiTokenRequest, v1::CreateApiTokenResponse>(
      "steward.v1.TokenService.CreateApiToken",
      [&](const Caller& caller, const auto& request, auto done) { tokens.CreateApiToken(request, WhoActs(caller), std::move(done)); });
  rpc.AddImmediate<v1::ListTokensRequest, v1::ListTokensResponse>(
      "steward.v1.TokenService.ListTokens", [&](const Caller&, const auto&) { return tokens.ListTokens(); });
  rpc.Add<v1::RevokeTokenRequest, v1::RevokeTokenResponse>(
      "steward.v1.TokenService.RevokeToken",
      [&](const Caller& caller, const auto& request, auto done) { tokens.RevokeToken(request.id(), WhoActs(caller), std::move(done)); });
}

}  // namespace steward::collector
