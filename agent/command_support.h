// What several commands need.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "agent/config.h"
#include "agent/inventory/inventory.h"
#include "steward/v1/enrollment.pb.h"

namespace steward::agent {

inline constexpr int kDone = 0;
inline constexpr int kFailed = 1;
inline constexpr int kWrongUsage = 2;

// Prints "steward-agent: MESSAGE" to stderr.
int Fail(int code, const absl::Status& status);

// The named file; or the default one, which may be missing.
absl::StatusOr<AgentConfig> ConfigFor(const std::string& option);

// Root goes on as the owner of an existing state directory, for good: what it writes there stays readable for the service, and
// nothing is written as root where another user may have laid a trap. For others, and if root is the owner, nothing changes.
// PermissionDenied, with what to do.
absl::Status WorkAsOwnerOf(const std::filesystem::path& state_directory);

v1::MachineIdentity IdentityMessage(const MachineIdentity& machine, const std::string& fingerprint);

// An exclusive lock on a state directory, held as long as the object. The directory is made if need be.
// FailedPrecondition: another process has it; PermissionDenied, Unavailable.
class StateLock {
 public:
  static absl::StatusOr<std::unique_ptr<StateLock>> Take(const std::filesystem::path& state_directory);
  ~StateLock();
  StateLock(const StateLock&) = delete;
  StateLock& operator=(const StateLock&) = delete;

 private:
  explicit StateLock(int fd) : fd_(fd) {}
  const int fd_;
};

}  // namespace steward::agent
