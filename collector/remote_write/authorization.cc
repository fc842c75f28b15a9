#include "collector/remote_write/authorization.h"

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "base/text.h"
#include "collector/identity/secret_file.h"

namespace steward::collector {
namespace {

absl::StatusOr<std::string> ReadSecretOf(const RemoteWriteConfig& target, std::string_view key,
                                         const std::string& file) {
  absl::StatusOr<std::string> text = ReadSecretFile(file);
  const auto wrong = [&](const absl::Status& status) {
    return absl::Status(status.code(), StrCat("remote_write \"", target.name, "\": ", key, ": ", status.message()));
  };
  if (!text.ok()) return wrong(text.status());
  absl::StripTrailingAsciiWhitespace(&*text);
  const bool clean = !text->empty() && text->find_first_of("\r\n") == std::string::npos;
  if (!clean) return wrong(absl::InvalidArgumentError(StrCat(file, " must hold the secret alone, on one line")));
  return text;
}

}  // namespace

absl::StatusOr<std::vector<std::string>> RequestHeaders(const RemoteWriteConfig& target) {
  std::vector<std::string> lines = {"Content-Type: application/x-protobuf", "Content-Encoding: snappy",
                                    "X-Prometheus-Remote-Write-Version: 0.1.0"};
  for (const auto& [name, value] : target.headers) lines.push_back(StrCat(name, ": ", value));
  if (!target.bearer_token_file.empty()) {
    const absl::StatusOr<std::string> token = ReadSecretOf(target, "bearer_token_file", target.bearer_token_file);
    if (!token.ok()) return token.status();
    lines.push_back(StrCat("Authorization: Bearer ", *token));
  } else if (!target.username.empty()) {
    const absl::StatusOr<std::string> password = ReadSecretOf(target, "password_file", target.password_file);
    if (!password.ok()) return password.status();
    lines.push_back(StrCat("Authorization: Basic ", absl::Base64Escape(StrCat(target.username, ":", *password))));
  }
  return lines;
}

}  // namespace steward::collector
