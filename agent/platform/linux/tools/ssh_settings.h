// What the SSH server in fact does: `sshd -T`, reduced to what is judged.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace steward::agent {

// Lines "keyword value" in lower case, those of kSshKeywords alone, as sshd prints them.
std::string ReduceSshSettings(std::string_view printed);

// NotFound: no SSH server. Unavailable: its settings are wrong, or it has no keys yet.
absl::StatusOr<std::string> AskSshSettings(absl::Duration deadline);

}  // namespace steward::agent
