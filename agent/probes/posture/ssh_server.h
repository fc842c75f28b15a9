// How the SSH server lets people in.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "agent/platform/platform.h"

namespace steward::agent {

struct SshServer {
  bool installed = false;
  std::string source;  // "sshd": what it says itself; "file": what is written, else its makers' defaults
  // Keyword in lower case and value, sorted: "permitrootlogin", "prohibit-password". A port may stand there several times.
  std::vector<std::pair<std::string, std::string>> settings;
  std::string note;  // why it is not known, or only by the file's word

  // Whether root gets in with a password; false if the settings are not known.
  bool AllowsRootPassword() const;
};

// What Tool::kSshSettings tells: lines "keyword value".
std::vector<std::pair<std::string, std::string>> ParseSshSettings(std::string_view text);

// What sshd says of itself if root asks it. Else /etc/ssh/sshd_config and what it includes: the first word for all counts;
// blocks that begin with Match are passed over. Waits.
SshServer ReadSshServer(Platform& platform, absl::Duration deadline);

}  // namespace steward::agent
