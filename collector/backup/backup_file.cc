#include "collector/backup/backup_file.h"

#include <unistd.h>

#include <algorithm>
#include <memory>
#include <utility>

#include "base/human_text.h"
#include "base/text.h"
#include "boost/json.hpp"
#include "collector/backup/archive.h"
#include "collector/backup/output_file.h"
#include "collector/backup/sealed_stream.h"
#include "collector/identity/secret_file.h"
#include "collector/storage/sqlite/check_file.h"
#include "collector/storage/sqlite/snapshot.h"

namespace steward::collector {
namespace {

constexpr std::size_t kReadBytes = 256 * 1024;
// Left on the disk at least, for those who write there as well: the collector itself, in most cases.
constexpr std::uint64_t kLeaveFreeBytes = 16 << 20;

std::string HostName() {
  char name[256] = {};
  return ::gethostname(name, sizeof name - 1) == 0 ? name : "";
}

std::string Manifest(const BackupRequest& request, const SqliteSnapshot& snapshot) {
  const boost::json::object content = {{"host", HostName()},
                                       {"time", absl::FormatTime(absl::RFC3339_sec, request.now, absl::UTCTimeZone())},
                                       {"version", request.version},
                                       {"schema", snapshot.schema()},
                                       {"databaseBytes", snapshot.file_bytes()}};
  return boost::json::serialize(content) + "\n";
}

absl::Status CheckRoom(const BackupRequest& request, const SqliteSnapshot& snapshot) {
  const std::uint64_t needed = snapshot.file_bytes() + snapshot.journal_bytes() + kLeaveFreeBytes;
  const std::optional<std::uint64_t> free = FreeBytes(request.to.parent_path());
  if (!free.has_value() || *free >= needed) return absl::OkStatus();  // what cannot be asked, writing will tell
  return absl::ResourceExhaustedError(StrCat("no room for a backup at ", request.to.string(), ": it takes ",
                                             ByteSize(static_cast<double>(needed)), ", ", ByteSize(static_cast<double>(*free)),
                                             " are free; make room, or let backups go to another disk"));
}

template <class Read>
absl::Status AddBytes(const BackupRequest& request, std::string_view name, std::uint64_t bytes, Read read, ArchiveWriter& archive) {
  absl::Status status = archive.Begin(name, bytes);
  std::string piece(kReadBytes, '\0');
  for (std::uint64_t at = 0; status.ok() && at < bytes;) {
    if (request.cancelled()) return absl::CancelledError("the backup was stopped; the former one is still there");
    const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(kReadBytes, bytes - at));
    status = read(at, piece.data(), size);
    if (status.ok()) status = archive.Content(std::string_view(piece).substr(0, size));
    at += size;
  }
  return status;
}

absl::Status AddDatabase(const BackupRequest& request, SqliteSnapshot& snapshot, ArchiveWriter& archive) {
  absl::Status status = AddBytes(request, kDatabaseName, snapshot.file_bytes(),
                                 [&](std::uint64_t at, char* to, std::size_t size) { return snapshot.ReadFile(at, to, size); }, archive);
  if (!status.ok() || snapshot.journal_bytes() == 0) return status;
  status = AddBytes(request, kJournalName, snapshot.journal_bytes(),
                    [&](std::uint64_t at, char* to, std::size_t size) { return snapshot.ReadJournal(at, to, size); }, archive);
  if (!status.ok()) return status;
  const absl::StatusOr<bool> whole = snapshot.JournalIsWhole();
  if (!whole.ok()) return whole.status();
  return *whole ? absl::OkStatus() : archive.Add(kJournalVoidName, "");
}

absl::Status AddIdentity(const BackupRequest& request, ArchiveWriter& archive) {
  for (const std::string_view name : kIdentityNames) {
    const absl::StatusOr<std::string> content = ReadSecretFile(request.data / name);
    if (!content.ok()) return content.status();
    if (absl::Status status = archive.Add(name, *content); !status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::Status AddEverything(const BackupRequest& request, SqliteSnapshot& snapshot, ArchiveWriter& archive) {
  absl::Status status = archive.Add(kManifestName, Manifest(request, snapshot));
  if (status.ok()) status = AddIdentity(request, archive);
  if (status.ok()) status = AddDatabase(request, snapshot, archive);
  return status.ok() ? archive.End() : status;
}

}  // namespace

absl::StatusOr<BackupResult> WriteBackup(const BackupRequest& request, const RandomSource& random) {
  const std::filesystem::path database = request.data / kDatabaseName;
  absl::StatusOr<std::unique_ptr<SqliteSnapshot>> snapshot = SqliteSnapshot::Open(database);
  if (!snapshot.ok()) return snapshot.status();
  if (absl::Status status = CheckRoom(request, **snapshot); !status.ok()) return status;
  absl::StatusOr<OutputFile> file = OutputFile::Create(request.to, OutputFile::Name::kTemporary);
  if (!file.ok()) return file.status();
  absl::StatusOr<SealedWriter> sealed =
      SealedWriter::Open(request.key.secret, request.key.file.string(), random, [&](std::string_view bytes) { return file->Write(bytes); });
  if (!sealed.ok()) return sealed.status();
  ArchiveWriter archive(*sealed);
  absl::Status status = AddEverything(request, **snapshot, archive);
  snapshot->reset();  // the journal may shrink again
  if (status.ok()) status = QuickCheckSqliteFile(database, request.cancelled);
  if (status.ok()) status = file->Commit();
  if (!status.ok()) return status;
  return BackupResult{file->bytes()};
}

}  // namespace steward::collector
