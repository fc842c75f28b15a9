// The machine's own accounts: who may log in, who may become root and why, the state of passwords, the last log-in.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "agent/platform/platform.h"
#include "agent/probe.h"

namespace steward::agent {

struct LocalAccount {
  std::string name;
  std::uint64_t uid = 0;
  std::uint64_t gid = 0;
  bool may_log_in = false;  // by its shell
  bool is_person = false;   // by its number
  bool is_administrator = false;            // root's number, a group made for it, or a rule of sudo
  std::vector<std::string> privileged_by;   // why: "uid 0", "group docker", "sudo"; sorted
  std::string password;                     // "locked", "none", "set"; empty: not known
  std::optional<std::int64_t> password_day; // days since 1970
  absl::Time last_login = absl::InfinitePast();

  // Of groups that can only read (adm) when nobody can log in with it, too.
  bool IsPrivileged() const { return is_administrator || (may_log_in && !privileged_by.empty()); }
};

struct RootKey {
  std::string fingerprint;
  std::string comment;
};

struct LocalAccounts {
  std::vector<LocalAccount> accounts;  // in passwd's order
  std::vector<RootKey> root_keys;
  bool knows_passwords = false;
  bool knows_privileges = false;  // sudoers and root's keys
  bool knows_logins = false;      // by lastlog: who has no last log-in never logged in
};

// /etc/passwd; lines that are cut are passed over.
std::vector<LocalAccount> ParsePasswd(std::string_view text);
// /etc/group: who is in one that gives privileges.
void AddGroups(std::string_view text, std::vector<LocalAccount>& accounts);
// What Tool::kShadowState tells.
void AddShadowState(std::string_view text, std::vector<LocalAccount>& accounts);
// What Tool::kPrivileges tells; `group` is /etc/group, for rules that name one.
void AddPrivileges(std::string_view text, std::string_view group, LocalAccounts& accounts);

inline constexpr absl::Duration kAccountsDeadline = absl::Seconds(10);  // for each tool
// An account nobody has used for so long is dormant.
inline constexpr absl::Duration kDormantAfter = absl::Hours(45 * 24);
inline constexpr std::uint64_t kLoginRecordsBytesMax = std::uint64_t{16} << 20;  // larger ones are not read

// Waits. Errors: /etc/passwd.
absl::StatusOr<LocalAccounts> ReadAccounts(Platform& platform);

std::unique_ptr<Probe> MakeAccountsProbe(Platform& platform);

}  // namespace steward::agent
