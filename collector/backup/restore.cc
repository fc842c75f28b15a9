#include "collector/backup/restore.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>

#include "base/human_text.h"
#include "base/text.h"
#include "boost/json.hpp"
#include "collector/backup/archive.h"
#include "collector/backup/backup_key.h"
#include "collector/backup/output_file.h"
#include "collector/identity/certificate_authority.h"
#include "collector/identity/secret_file.h"
#include "collector/storage/restored_span.h"
#include "collector/storage/sqlite/sqlite_storage.h"

namespace steward::collector {
namespace {

constexpr std::size_t kCopyBytes = 256 * 1024;

// Reads a file in order. Closed with the object.
class InputFile {
 public:
  explicit InputFile(int descriptor) : descriptor_(descriptor) {}
  ~InputFile() { ::close(descriptor_); }
  InputFile(const InputFile&) = delete;
  InputFile& operator=(const InputFile&) = delete;

  absl::StatusOr<std::size_t> Read(char* to, std::size_t size) const {
    std::size_t got = 0;
    while (got < size) {
      const ssize_t n = ::read(descriptor_, to + got, size - got);
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) return absl::UnavailableError(StrCat("cannot be read: ", std::strerror(errno)));
      if (n == 0) break;
      got += static_cast<std::size_t>(n);
    }
    return got;
  }

  std::uint64_t size() const {
    struct stat info = {};
    return ::fstat(descriptor_, &info) == 0 ? static_cast<std::uint64_t>(info.st_size) : 0;
  }

 private:
  const int descriptor_;
};

absl::Status Named(const std::filesystem::path& file, const absl::Status& status) {
  return absl::Status(status.code(), StrCat(file.string(), ": ", ToStd(status.message())));
}

absl::StatusOr<BackupKey> KeyFor(const BackupSource& source, const SealHead& head) {
  if (!source.key_file.empty()) return ReadBackupKey(source.key_file);
  const std::string how = "; name the file that holds its key by --passphrase-file: [backup] key_file of that collector, or "
                          "what lay beside its data directory as NAME.backup-key";
  struct stat info = {};
  const std::filesystem::path file = head.hint;
  if (!file.is_absolute() || ::stat(file.c_str(), &info) != 0 || !S_ISREG(info.st_mode)) {
    return absl::NotFoundError(StrCat(source.file.string(), " is encrypted and its key is not here", how));
  }
  return ReadBackupKey(file);
}

absl::Status WriteEntry(ArchiveReader& archive, std::uint64_t bytes, OutputFile& out) {
  std::string piece(kCopyBytes, '\0');
  while (bytes > 0) {
    const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(bytes, kCopyBytes));
    absl::Status status = archive.Read(piece.data(), size);
    if (status.ok()) status = out.Write(std::string_view(piece).substr(0, size));
    if (!status.ok()) return status;
    bytes -= size;
  }
  return out.Commit();
}

absl::Status ReadManifest(const std::filesystem::path& file, RestoreResult& result) {
  absl::StatusOr<std::string> text = ReadSecretFile(file);
  if (!text.ok()) return text.status();
  boost::json::error_code failed;
  const boost::json::value content = boost::json::parse(*text, failed);
  if (failed || !content.is_object()) return absl::DataLossError("the manifest of the backup is damaged");
  const auto text_of = [&](const char* key) -> std::string {
    const boost::json::value* value = content.as_object().if_contains(key);
    return value != nullptr && value->is_string() ? std::string(value->as_string().c_str()) : "";
  };
  result.host = text_of("host");
  result.time = text_of("time");
  result.version = text_of("version");
  std::error_code error;
  std::filesystem::remove(file, error);
  return absl::OkStatus();
}

absl::Status Unpack(ArchiveReader& archive, const std::filesystem::path& folder) {
  while (true) {
    absl::StatusOr<ArchiveEntry> entry = archive.Next();
    if (!entry.ok()) return entry.status();
    if (entry->name.empty()) return absl::OkStatus();
    if (entry->name == kJournalVoidName) {
      std::error_code error;
      std::filesystem::remove(folder / kJournalName, error);
      continue;
    }
    absl::StatusOr<OutputFile> out = OutputFile::Create(folder / entry->name, OutputFile::Name::kFinal);
    if (!out.ok()) return out.status();
    if (absl::Status status = WriteEntry(archive, entry->bytes, *out); !status.ok()) return status;
  }
}

// Brings the database to this program's schema, too, and takes its journal into it.
absl::Status Check(const std::filesystem::path& folder) {
  for (const std::string_view name : {kIdentityNames[0], kIdentityNames[1], kIdentityNames[2], kIdentityNames[3], kDatabaseName}) {
    std::error_code error;
    if (!std::filesystem::exists(folder / name, error)) return absl::DataLossError(StrCat("the backup holds no ", name));
  }
  if (absl::Status status = CheckSqliteStorage(folder / kDatabaseName); !status.ok()) return status;
  return CertificateAuthority::OpenOrCreate(folder, SystemRandom()).status();
}

// So that coverage can say why what came between the backup and now is missing.
absl::Status Mark(const std::filesystem::path& database, const std::string& backup_time, absl::Time now) {
  absl::Time time;
  if (std::string error; !absl::ParseTime(absl::RFC3339_full, backup_time, &time, &error)) return absl::OkStatus();
  const auto storage = OpenSqliteStorage(database);
  if (!storage.ok()) return storage.status();
  return (*storage)->WriteAndWait(
      [&](StorageTransaction& transaction) { return NoteRestored(transaction, {time, now}); });
}

// Root may restore for a collector that is another user's.
void OwnAsFolder(const std::filesystem::path& folder, const std::filesystem::path& file) {
  struct stat info = {};
  if (::geteuid() != 0 || ::stat(folder.c_str(), &info) != 0) return;
  if (::lchown(file.c_str(), info.st_uid, info.st_gid) != 0) errno = 0;  // starting the collector will say it
}

absl::Status MoveIntoPlace(const std::filesystem::path& folder, const std::filesystem::path& data) {
  std::error_code error;
  if (std::filesystem::exists(folder / kJournalName, error)) {
    return absl::InternalError("the journal could not be taken into the database");
  }
  SyncFolder(folder);
  OwnAsFolder(data, data / "lock");
  for (const std::string_view name : {kIdentityNames[0], kIdentityNames[1], kIdentityNames[2], kIdentityNames[3], kDatabaseName}) {
    OwnAsFolder(data, folder / name);
    std::filesystem::rename(folder / name, data / name, error);
    if (error) return absl::UnavailableError(StrCat(name, " cannot be moved into ", data.string(), ": ", error.message()));
    SyncFolder(data);
  }
  std::filesystem::remove_all(folder, error);
  SyncFolder(data);
  return absl::OkStatus();
}

absl::Status Prepare(const std::filesystem::path& folder, std::uint64_t bytes) {
  std::error_code error;
  std::filesystem::remove_all(folder, error);  // of a restore that was cut off
  if (!error) std::filesystem::create_directory(folder, error);
  if (!error) std::filesystem::permissions(folder, std::filesystem::perms::owner_all, error);
  if (error) return absl::PermissionDeniedError(StrCat(folder.string(), ": cannot be made: ", error.message()));
  const std::optional<std::uint64_t> free = FreeBytes(folder);
  if (!free.has_value() || *free > bytes) return absl::OkStatus();
  return absl::ResourceExhaustedError(StrCat("no room in ", folder.parent_path().string(), ": the backup has ",
                                             ByteSize(static_cast<double>(bytes)), ", ", ByteSize(static_cast<double>(*free)), " are free"));
}

}  // namespace

absl::StatusOr<RestoreResult> RestoreBackup(const BackupSource& source, const DataDirectory& data) {
  const InputFile input(::open(source.file.c_str(), O_RDONLY | O_CLOEXEC));
  ByteSource read = [&input](char* to, std::size_t size) { return input.Read(to, size); };
  absl::StatusOr<SealHead> head = ReadSealHead(read);
  if (!head.ok()) return Named(source.file, head.status());
  const absl::StatusOr<BackupKey> key = KeyFor(source, *head);
  if (!key.ok()) return key.status();
  absl::StatusOr<SealedReader> sealed = SealedReader::Open(*std::move(head), key->secret, std::move(read));
  if (absl::IsPermissionDenied(sealed.status())) {
    return absl::PermissionDeniedError(StrCat(key->file.string(), " does not hold the key of ", source.file.string()));
  }
  if (!sealed.ok()) return Named(source.file, sealed.status());

  RestoreResult result;
  result.bytes = input.size();
  result.key_file = key->file;
  const std::filesystem::path folder = data.path() / kRestoringName;
  ArchiveReader archive(*sealed);
  absl::Status status = Prepare(folder, result.bytes);
  if (status.ok()) status = Unpack(archive, folder);
  if (status.ok()) status = ReadManifest(folder / kManifestName, result);
  if (status.ok()) status = Check(folder);
  if (status.ok()) status = Mark(folder / kDatabaseName, result.time, source.now);
  if (status.ok()) status = MoveIntoPlace(folder, data.path());
  if (status.ok()) return result;
  std::error_code error;
  std::filesystem::remove_all(folder, error);
  return Named(source.file, status);
}

}  // namespace steward::collector
