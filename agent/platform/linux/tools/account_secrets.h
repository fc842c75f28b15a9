// What only root may read of accounts, without what must stay with root: no password hash and no key leaves these functions.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "agent/platform/rooted_files.h"

namespace steward::agent {

// /etc/shadow. A line an account: name, "locked", "none" or "set", and the day of its last change as days since 1970
// (empty: not known), tabs between.
std::string ReduceShadow(std::string_view shadow);
absl::StatusOr<std::string> AskShadowState(const RootedFiles& files);

// A sudoers file: lines "sudo", user or %group, and "all" if every command is allowed, else "some", tabs between.
// Aliases of users are followed.
std::string ReduceSudoers(std::string_view sudoers);
// authorized_keys: lines "key", its SHA256 fingerprint as ssh-keygen prints it, and its comment.
std::string ReduceAuthorizedKeys(std::string_view keys);
// Both of this machine. NotFound: neither sudo nor a key of root's.
absl::StatusOr<std::string> AskPrivileges(const RootedFiles& files);

// The serial numbers below /sys/class/dmi/id: lines of the file's name and its text, a tab between.
absl::StatusOr<std::string> AskDmiSerials(const RootedFiles& files);

}  // namespace steward::agent
