// Who this machine is to its collector, on disk: <state>/identity/{machine.key,machine.crt,ca.crt,identity.json}.
// Always whole: enrolment renames a complete folder into place, renewal keeps the old pair until the new one is complete.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace steward::agent {

struct Identity {
  std::string machine_id;               // lower-case UUID
  std::vector<std::string> addresses;   // of the collector, host:port, in the order to try
  std::string site;
  std::string machine_class;            // as the token says; empty: found on the machine
  std::string key_pem;
  std::string certificate_pem;
  std::string ca_pem;
};

class IdentityStore {
 public:
  explicit IdentityStore(std::filesystem::path state_directory) : state_directory_(std::move(state_directory)) {}

  bool Exists() const;
  // NotFound: not enrolled, says how; FailedPrecondition: files damaged or not belonging together; PermissionDenied.
  absl::StatusOr<Identity> Load();
  // AlreadyExists: there is one. PermissionDenied, Unavailable: the disk; nothing is left half done.
  absl::Status Create(const Identity& identity);
  // InvalidArgument: certificate and key do not belong together.
  absl::Status ReplaceCertificate(const std::string& key_pem, const std::string& certificate_pem);

  std::filesystem::path directory() const { return state_directory_ / "identity"; }

 private:
  const std::filesystem::path state_directory_;
};

}  // namespace steward::agent
