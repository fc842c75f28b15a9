#include "collector/backup/backup_key.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "base/text.h"
#include "collector/identity/secret_file.h"

namespace steward::collector {
namespace {

constexpr std::size_t kSecretBytes = 32;
constexpr std::size_t kGroup = 8;  // digits between dashes: people may have to type it

std::string NewSecret(const RandomSource& random) {
  const std::string digits = absl::BytesToHexString(random(kSecretBytes));
  std::string text;
  for (std::size_t i = 0; i < digits.size(); i += kGroup) StrAppend(&text, i == 0 ? "" : "-", digits.substr(i, kGroup));
  return text;
}

// Root may make the key for a collector that is another user's.
absl::Status OwnAs(const std::filesystem::path& data, const std::filesystem::path& file) {
  struct stat info = {};
  if (::geteuid() != 0 || ::stat(data.c_str(), &info) != 0) return absl::OkStatus();
  if (::chown(file.c_str(), info.st_uid, info.st_gid) == 0) return absl::OkStatus();
  return absl::PermissionDeniedError(StrCat(file.string(), ": cannot be given to the collector's user"));
}

absl::StatusOr<BackupKey> Make(const std::filesystem::path& file, const std::filesystem::path& data, const RandomSource& random) {
  BackupKey key{NewSecret(random), file, true};
  absl::Status status = WriteSecretFile(file, key.secret + "\n");
  if (status.ok()) status = OwnAs(data, file);
  if (!status.ok()) return status;
  return key;
}

}  // namespace

absl::StatusOr<BackupKey> ReadBackupKey(const std::filesystem::path& file) {
  absl::StatusOr<std::string> content = ReadSecretFile(file);
  if (!content.ok()) return content.status();
  BackupKey key{std::string(absl::StripTrailingAsciiWhitespace(*content)), file};
  if (key.secret.size() >= kBackupSecretBytesMin) return key;
  return absl::InvalidArgumentError(StrCat(file.string(), ": holds a key of ", key.secret.size(), " characters; write at least ",
                                           kBackupSecretBytesMin, ", better: openssl rand -hex 32"));
}

absl::StatusOr<BackupKey> FindOrMakeBackupKey(const std::filesystem::path& configured, const std::filesystem::path& data,
                                              const RandomSource& random) {
  if (!configured.empty()) return ReadBackupKey(configured);
  const std::filesystem::path beside = data.string() + ".backup-key";
  const std::filesystem::path inside = data / "backup.key";
  std::error_code error;
  const bool only_inside = !std::filesystem::exists(beside, error) && std::filesystem::exists(inside, error);
  absl::StatusOr<BackupKey> key = ReadBackupKey(only_inside ? inside : beside);
  if (absl::IsNotFound(key.status())) {
    key = Make(beside, data, random);
    if (absl::IsPermissionDenied(key.status())) key = Make(inside, data, random);
  }
  if (key.ok()) key->in_data_directory = key->file == inside;
  return key;
}

}  // namespace steward::collector
