#include "agent/platform/linux/tools/certificates.h"

#include <cstddef>
#include <string_view>
#include <vector>

#include "base/text.h"

namespace steward::agent {
namespace {

constexpr std::size_t kCertificatesMax = 100;
constexpr std::string_view kBegin = "-----BEGIN CERTIFICATE-----", kEnd = "-----END CERTIFICATE-----";

// The first one; empty: there is none. A key that stands in the same file is left behind.
std::string_view Block(std::string_view pem) {
  const std::size_t begin = pem.find(kBegin);
  if (begin == std::string_view::npos) return {};
  const std::size_t end = pem.find(kEnd, begin);
  return end == std::string_view::npos ? std::string_view() : pem.substr(begin, end + kEnd.size() - begin);
}

}  // namespace

absl::StatusOr<std::string> AskCertificates(const RootedFiles& files) {
  std::vector<std::string> names;
  const absl::Status listed = files.ListDirectory(kLetsEncryptFolder, names);
  if (absl::IsNotFound(listed)) return std::string();
  if (!listed.ok()) return listed;
  if (names.size() > kCertificatesMax) names.resize(kCertificatesMax);
  std::string answer, content;
  for (const std::string& name : names) {
    const std::string path = StrCat(kLetsEncryptFolder, "/", name, "/cert.pem");
    if (!files.ReadFile(path, content).ok() || Block(content).empty()) continue;
    StrAppend(&answer, path, "\n", Block(content), "\n");
  }
  return answer;
}

}  // namespace steward::agent
