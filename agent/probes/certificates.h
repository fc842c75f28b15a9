// When the certificates end that this machine serves: Let's Encrypt's, and the files that agent.toml names by [[certificate]].
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "agent/probe.h"

namespace steward::agent {

inline constexpr std::size_t kCertificatesMax = 100;                       // what is beyond is left out and counted
inline constexpr std::size_t kCertificateFileBytesMax = std::size_t{1} << 20;

struct Certificate {
  std::string subject;  // whom it is for: the common name, else the first name of a host, else the whole subject
  std::string issuer;   // as RFC 4514 writes it: "CN=R11,O=Let's Encrypt,C=US"
  absl::Time not_before;
  absl::Time not_after;
};
// The first certificate of a PEM file, or one in DER. InvalidArgument: there is none, or it is not understood.
absl::StatusOr<Certificate> ParseCertificate(std::string_view content);

// `text` as Tool::kCertificates gives it: contents by path.
std::map<std::string, std::string> SplitCertificates(std::string_view text);

// `paths`: files, beside those below /etc/letsencrypt/live, which root's helper tells where only root may read them. A file that
// is named and cannot be read has steward_certificate_readable 0. PermissionDenied: nothing is named, Let's Encrypt's folder is
// root's, and there is no helper.
std::unique_ptr<Probe> MakeCertificatesProbe(Platform& platform, std::vector<std::string> paths);

}  // namespace steward::agent
