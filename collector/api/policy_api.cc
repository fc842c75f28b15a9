#include <utility>

#include "collector/api/services.h"
#include "collector/issues/actor.h"

namespace steward::collector {

void AddPolicyService(PolicyDesk& desk, RpcTable& rpc) {
  rpc.Add<v1::GetPolicyRequest, v1::GetPolicyResponse>(
      "steward.v1.PolicyService.GetPolicy", [&](const Caller&, const auto& request, auto done) {
        const auto number = request.has_number() ? std::optional<std::uint64_t>(request.number()) : std::nullopt;
        desk.GetPolicy(number, [done = std::move(done)](absl::StatusOr<v1::PolicyVersion> version) {
          if (!version.ok()) return done(version.status());
          v1::GetPolicyResponse response;
          *response.mutable_version() = *std::move(version);
          done(std::move(response));
        });
      });
  rpc.Add<v1::CheckPolicyRequest, v1::CheckPolicyResponse>(
      "steward.v1.PolicyService.CheckPolicy",
      [&](const Caller&, const auto& request, auto done) { desk.CheckPolicy(request, std::move(done)); });
  rpc.Add<v1::ApplyPolicyRequest, v1::ApplyPolicyResponse>(
      "steward.v1.PolicyService.ApplyPolicy",
      [&](const Caller& caller, const auto& request, auto done) { desk.ApplyPolicy(request, ActorOf(caller), std::move(done)); });
  rpc.Add<v1::ListPolicyVersionsRequest, v1::ListPolicyVersionsResponse>(
      "steward.v1.PolicyService.ListPolicyVersions",
      [&](const Caller&, const auto&, auto done) { desk.ListVersions(std::move(done)); });
}

}  // namespace steward::collector
