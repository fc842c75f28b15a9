#include "agent/platform/linux/tools/failed_logins.h"

#include <algorithm>
#include <fstream>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "agent/platform/linux/run_program.h"
#include "agent/platform/platform.h"
#include "base/text.h"

namespace steward::agent {
namespace {

// The end of the file, whole records; false if it cannot be opened.
bool ReadEnd(const std::string& path, std::size_t record_bytes, std::string& content) {
  std::ifstream file(path, std::ios::binary | std::ios::ate);
  if (!file) return false;
  const auto size = static_cast<std::size_t>(std::max<std::streamoff>(file.tellg(), 0));
  const std::size_t records = std::min(size / record_bytes, kFailedLoginsMax);
  const std::size_t begin = size / record_bytes * record_bytes - records * record_bytes;
  content.resize(records * record_bytes);
  file.seekg(static_cast<std::streamoff>(begin));
  file.read(content.data(), static_cast<std::streamsize>(content.size()));
  content.resize(static_cast<std::size_t>(file.gcount()));
  return true;
}

void AppendLine(std::int64_t seconds, std::string_view user, std::string_view source, const AccountNames& names,
                std::string& out) {
  StrAppend(&out, seconds, "\t", names.contains(user) ? user : std::string_view(), "\t", source, "\n");
}

bool IsAddress(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789abcdefABCDEF.:") == std::string_view::npos;
}

}  // namespace

AccountNames NamesInPasswd(std::string_view passwd) {
  AccountNames names;
  for (const absl::string_view line : absl::StrSplit(ToAbsl(passwd), '\n')) {
    const absl::string_view name = line.substr(0, line.find(':'));
    if (!name.empty()) names.emplace(name);
  }
  return names;
}

std::string ReduceBtmp(std::string_view btmp, const UtmpLayout& layout, const AccountNames& names, absl::Time now) {
  std::string reduced;
  for (const UtmpRecord& record : ParseUtmp(btmp, layout)) {
    if (record.time <= now - kFailedLoginsAge || record.time > now) continue;
    std::string_view source = record.address;
    if (source.empty() && IsAddress(record.host)) source = record.host;
    AppendLine(absl::ToUnixSeconds(record.time), record.user, source, names, reduced);
  }
  return reduced;
}

std::string ReduceSshJournal(std::string_view lines, const AccountNames& names) {
  constexpr absl::string_view kFailed = "]: Failed ";
  std::string reduced;
  for (const absl::string_view line : absl::StrSplit(ToAbsl(lines), '\n')) {
    const std::size_t failed = line.find(kFailed);
    // From the end: the name is the stranger's choice and may hold " from ".
    const std::size_t port = line.rfind(" port ");
    const std::size_t from = line.rfind(" from ", port);
    const std::size_t user = line.find(" for ", failed == absl::string_view::npos ? 0 : failed);
    std::int64_t seconds = 0;
    if (failed == absl::string_view::npos || port == absl::string_view::npos || from == absl::string_view::npos ||
        user == absl::string_view::npos || user + 5 > from || !absl::SimpleAtoi(line.substr(0, line.find_first_of(". ")), &seconds)) {
      continue;
    }
    const std::string_view source = ToStd(line.substr(from + 6, port - from - 6));
    if (IsAddress(source)) AppendLine(seconds, ToStd(line.substr(user + 5, from - user - 5)), source, names, reduced);
  }
  return reduced;
}

absl::StatusOr<std::string> AskFailedLogins(const RootedFiles& files, const std::string& btmp_path, absl::Time now,
                                            absl::Duration deadline) {
  std::string passwd;
  if (absl::Status status = files.ReadFile("/etc/passwd", passwd); !status.ok()) return status;
  const AccountNames names = NamesInPasswd(passwd);
  std::string btmp;
  if (ReadEnd(btmp_path, kUtmpLayoutHere.record_bytes, btmp)) return ReduceBtmp(btmp, kUtmpLayoutHere, names, now);
  const absl::StatusOr<ProgramEnd> journal =
      RunProgram({"/usr/bin/journalctl", "--quiet", "--no-pager", "--output=short-unix", "--since=-1h", "--lines=20000",
                  "--grep=^Failed ", "_COMM=sshd", "+", "_COMM=sshd-session"},
                 deadline, kFileBytesMax);
  if (!journal.ok()) return journal.status();
  // 1: nothing matches.
  if (journal->exit_code > 1) return absl::UnavailableError(StrCat("journalctl failed with exit code ", journal->exit_code));
  return ReduceSshJournal(journal->output, names);
}

}  // namespace steward::agent
