// Log-ins that failed within the last hour: /var/log/btmp, or the SSH server's words in the journal where there is none.
#pragma once

#include <set>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "agent/platform/linux/utmp.h"
#include "agent/platform/rooted_files.h"

namespace steward::agent {

inline constexpr absl::Duration kFailedLoginsAge = absl::Hours(1);
// The newest; a machine open to the internet has tens of thousands an hour.
inline constexpr std::size_t kFailedLoginsMax = 20'000;

using AccountNames = std::set<std::string, std::less<>>;
AccountNames NamesInPasswd(std::string_view passwd);

// A line a failed log-in: seconds since 1970, account, address it came from; tabs between. The account is empty if there is
// none of that name on this machine: people type passwords there. The address is empty for one at the machine itself.
std::string ReduceBtmp(std::string_view btmp, const UtmpLayout& layout, const AccountNames& names, absl::Time now);
// The same of `journalctl --output short-unix` of sshd: "Failed password for invalid user x from 192.0.2.7 port 22 ssh2".
std::string ReduceSshJournal(std::string_view lines, const AccountNames& names);

// NotFound: neither btmp nor a journal.
absl::StatusOr<std::string> AskFailedLogins(const RootedFiles& files, const std::string& btmp_path, absl::Time now,
                                            absl::Duration deadline);

}  // namespace steward::agent
