// Certificates in folders that only root may read.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "agent/platform/rooted_files.h"

namespace steward::agent {

inline constexpr char kLetsEncryptFolder[] = "/etc/letsencrypt/live";

// Tool::kCertificates: of each certificate of Let's Encrypt its path in a line, then its PEM block, which is public; nothing else
// of the folder is told. Empty: there is none. PermissionDenied: who asks is not root.
absl::StatusOr<std::string> AskCertificates(const RootedFiles& files);

}  // namespace steward::agent
