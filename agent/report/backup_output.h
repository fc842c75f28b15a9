// What a backup program prints about its run, for `steward-agent report backup --from PROGRAM`.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "absl/time/time.h"

namespace steward::agent {

struct BackupOutcome {
  bool ok = false;
  std::string why;                     // not ok: in words
  std::optional<std::uint64_t> bytes;  // of what was to be saved, before compression and deduplication
  std::optional<absl::Duration> duration;
};

// Takes output of any length in parts of any size and keeps little of it. What does not say that the backup was made is a
// failed one: a program that was killed says nothing.
class BackupOutput {
 public:
  virtual ~BackupOutput() = default;
  virtual void Take(std::string_view part) = 0;
  virtual BackupOutcome Finish() = 0;
};

inline constexpr std::size_t kBackupLineBytesMax = std::size_t{64} << 10;      // restic: a longer line is passed over
inline constexpr std::size_t kBackupDocumentBytesMax = std::size_t{1} << 20;   // borg: what comes after is passed over

// `restic backup --json`, with or without its stderr: a JSON object a line, of which "summary" ends a backup that was made,
// "error" tells of a file that could not be read (exit code 3) and "exit_error" why there is no backup.
// https://restic.readthedocs.io/en/stable/075_scripting.html
std::unique_ptr<BackupOutput> NewResticOutput();
// `borg create --json`, with or without its stderr: one JSON object that has "archive", once that is made.
// https://borgbackup.readthedocs.io/en/stable/internals/frontends.html
std::unique_ptr<BackupOutput> NewBorgOutput();

}  // namespace steward::agent
