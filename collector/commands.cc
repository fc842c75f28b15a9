#include "collector/commands.h"

#include <iostream>
#include <system_error>

#include "absl/time/clock.h"
#include "base/human_text.h"
#include "base/text.h"
#include "collector/backup/backup_file.h"
#include "collector/backup/backup_key.h"
#include "collector/backup/restore.h"
#include "collector/data_directory.h"
#include "collector/identity/certificate_authority.h"
#include "collector/storage/sqlite/check_file.h"

namespace steward::collector {
namespace {

constexpr std::string_view kIdentityFiles[] = {"ca.key", "ca.crt", "server.key", "server.crt"};

std::string SizeText(std::uint64_t bytes) { return ByteSize(static_cast<double>(bytes)); }

// Only if all files are there: opening would make the others.
absl::Status CheckIdentity(const std::filesystem::path& data) {
  for (const std::string_view name : kIdentityFiles) {
    std::error_code error;
    if (!std::filesystem::exists(data / name, error)) {
      return absl::NotFoundError(StrCat((data / name).string(), " is missing; agents trust this authority and no other: restore a backup"));
    }
  }
  return CertificateAuthority::OpenOrCreate(data, SystemRandom()).status();
}

void PrintReport(const std::filesystem::path& data, const FileReport& report) {
  std::cout << data.string() << ": schema " << report.schema << ", " << report.machines << " machines, " << report.batches
            << " batches, " << report.blocks << " blocks\n";
  if (report.schema > 0 && report.schema < report.schema_known) {
    std::cout << "the next start brings the schema to " << report.schema_known << "\n";
  }
}

void PrintKeyNote(const BackupKey& key) {
  if (key.made) std::cerr << "a key for backups was made: " << key.file.string() << "\n";
  if (!key.made && !key.in_data_directory) return;
  std::cerr << "Keep a copy of this file elsewhere: without it no backup can be restored"
            << (key.in_data_directory ? ", and it would go with the data directory" : "") << ".\n";
}

}  // namespace

int Complain(const absl::Status& status, int code) {
  std::cerr << "steward-collector: " << status.message() << "\n";
  return code;
}

int CheckCommand(const std::filesystem::path& data) {
  const absl::StatusOr<DataDirectory> directory = DataDirectory::Open(data, DataDirectory::Use::kInspect);
  if (!directory.ok()) return Complain(directory.status(), absl::IsNotFound(directory.status()) ? kExitWrongUsage : kExitFailed);
  const absl::StatusOr<FileReport> report = CheckSqliteFile(directory->database());
  if (!report.ok()) return Complain(report.status(), kExitFailed);
  PrintReport(directory->path(), *report);
  const absl::Status identity = CheckIdentity(directory->path());
  for (const std::string& problem : report->problems) std::cerr << "steward-collector: " << problem << "\n";
  if (!identity.ok()) Complain(identity, kExitFailed);
  if (report->problems.empty() && identity.ok()) {
    std::cout << "everything can be read\n";
    return kExitDone;
  }
  std::cerr << "What to do: keep this folder as it is (move it away), then\n  steward-collector restore --from BACKUP --data "
            << directory->path().string() << "\nAgents give back what they still hold. Nightly backups lie in "
            << (directory->path() / "backups").string() << " unless [backup] says otherwise.\n";
  return kExitFailed;
}

int BackupCommand(const BackupArguments& arguments) {
  // No lock: a collector may be at work there.
  std::error_code error;
  BackupRequest request;
  request.data = std::filesystem::absolute(arguments.data).lexically_normal();
  if (!request.data.has_filename()) request.data = request.data.parent_path();
  request.to = std::filesystem::absolute(arguments.to).lexically_normal();
  request.now = absl::Now();
  request.version = arguments.version;
  if (!std::filesystem::exists(request.data / "collector.db", error)) {
    return Complain(absl::NotFoundError(StrCat("there is no collector's data in ", request.data.string(), "; name its data directory with --data")),
                    kExitWrongUsage);
  }
  if (std::filesystem::is_directory(request.to, error) || !request.to.has_filename()) {
    return Complain(absl::InvalidArgumentError(StrCat(request.to.string(), " is a folder; name the file to be written with --to")), kExitWrongUsage);
  }
  absl::StatusOr<BackupKey> key = FindOrMakeBackupKey(
      arguments.key_file.empty() ? arguments.key_file : std::filesystem::absolute(arguments.key_file), request.data, SystemRandom());
  if (!key.ok()) return Complain(key.status(), kExitFailed);
  PrintKeyNote(*key);
  request.key = *std::move(key);
  const absl::StatusOr<BackupResult> result = WriteBackup(request, SystemRandom());
  if (!result.ok()) return Complain(result.status(), kExitFailed);
  std::cout << request.to.string() << ": " << SizeText(result->bytes) << ", its key is " << request.key.file.string() << "\n";
  return kExitDone;
}

int RestoreCommand(const RestoreArguments& arguments) {
  std::error_code error;
  if (!std::filesystem::is_regular_file(arguments.from, error)) {
    return Complain(absl::NotFoundError(StrCat("there is no backup ", arguments.from.string(), "; name its file with --from")), kExitWrongUsage);
  }
  const absl::StatusOr<DataDirectory> directory = DataDirectory::Open(arguments.data, DataDirectory::Use::kRestore);
  if (!directory.ok()) return Complain(directory.status(), kExitFailed);
  const absl::StatusOr<RestoreResult> result = RestoreBackup({arguments.from, arguments.key_file, absl::Now()}, *directory);
  if (!result.ok()) return Complain(result.status(), kExitFailed);
  std::cout << directory->path().string() << ": restored from the backup that " << result->host << " made at " << result->time
            << ". Start it: steward-collector serve --data " << directory->path().string()
            << "\nAgents connect again by themselves and give back what they still hold. Keep the key of this backup ("
            << result->key_file.string() << ") as long as you keep backups made with it.\n";
  return kExitDone;
}

}  // namespace steward::collector
