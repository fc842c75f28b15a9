#include "collector/delivery/secret.h"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>

#include "base/text.h"

namespace steward::collector {
namespace {

constexpr std::size_t kSecretBytesMax = 4096;

}  // namespace

absl::StatusOr<std::string> ReadSecret(const ChannelConfig& channel) {
  std::string secret, from;
  if (!channel.secret_env.empty()) {
    from = StrCat("environment variable ", channel.secret_env);
    const char* value = std::getenv(channel.secret_env.c_str());
    if (value == nullptr) {
      return absl::NotFoundError(StrCat("channel \"", channel.name, "\": ", from, " is not set; set it where the collector starts"));
    }
    secret = value;
  } else if (!channel.secret_file.empty()) {
    from = channel.secret_file;
    std::ifstream file(channel.secret_file, std::ios::binary);
    if (!file) {
      const int error = errno;
      const std::string text = StrCat("channel \"", channel.name, "\": secret_file ", channel.secret_file,
                                      " cannot be read: ", std::strerror(error), "; it must be readable by the collector's user");
      return error == ENOENT ? absl::NotFoundError(text) : absl::PermissionDeniedError(text);
    }
    secret.resize(kSecretBytesMax + 1);
    file.read(secret.data(), static_cast<std::streamsize>(secret.size()));
    secret.resize(static_cast<std::size_t>(file.gcount()));
  } else {
    return secret;
  }
  while (secret.ends_with('\n') || secret.ends_with('\r')) secret.pop_back();
  if (secret.empty() || secret.size() > kSecretBytesMax) {
    return absl::InvalidArgumentError(StrCat("channel \"", channel.name, "\": ", from, " is ", secret.empty() ? "empty" : "larger than 4096 bytes",
                                             "; put the shared key in it"));
  }
  return secret;
}

}  // namespace steward::collector
