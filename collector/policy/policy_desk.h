// The way from the management API to the policy.
#pragma once

#include <functional>
#include <optional>

#include "absl/status/statusor.h"
#include "collector/issues/actor.h"
#include "steward/v1/policy.pb.h"

namespace steward::collector {

// Thread-safe. `done` is called once, on any thread.
class PolicyDesk {
 public:
  virtual ~PolicyDesk() = default;
  // NotFound: no such version.
  virtual void GetPolicy(std::optional<std::uint64_t> number, std::function<void(absl::StatusOr<v1::PolicyVersion>)> done) = 0;
  virtual void CheckPolicy(v1::CheckPolicyRequest request, std::function<void(absl::StatusOr<v1::CheckPolicyResponse>)> done) = 0;
  // Answered when it is durable. InvalidArgument: each mistake on a line; no reason; a date in the past or years ahead.
  virtual void ApplyPolicy(v1::ApplyPolicyRequest request, Actor actor,
                           std::function<void(absl::StatusOr<v1::ApplyPolicyResponse>)> done) = 0;
  virtual void ListVersions(std::function<void(absl::StatusOr<v1::ListPolicyVersionsResponse>)> done) = 0;
};

}  // namespace steward::collector
