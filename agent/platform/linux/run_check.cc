#include "agent/platform/linux/run_check.h"

#include <string>
#include <utility>

#include "agent/platform/linux/run_program.h"
#include "base/text.h"

namespace steward::agent {
namespace {

constexpr std::uint32_t kWritableByOthers = 022;
constexpr std::uint32_t kSticky = 01000;

absl::Status OwnedByRoot(const RootedFiles& files, std::string_view path) {
  const absl::StatusOr<FileAttributes> found = files.Attributes(path);
  if (!found.ok()) return found.status();
  const bool is_shared_folder = found->kind == FileAttributes::Kind::kDirectory && (found->mode & kSticky) != 0;
  if (found->user == 0 && ((found->mode & kWritableByOthers) == 0 || is_shared_folder)) return absl::OkStatus();
  return absl::PermissionDeniedError(
      StrCat(path, " is not run: it must belong to root and be writable by root alone (chown root:root, chmod go-w)"));
}

}  // namespace

absl::StatusOr<CheckResult> RunOwnedByRoot(const RootedFiles& files, std::string_view path, absl::Duration deadline) {
  const absl::StatusOr<std::string> real = files.RealPath(path);
  if (!real.ok()) return real.status();
  for (std::string_view part = *real; !part.empty(); part = part.substr(0, part.rfind('/'))) {
    if (absl::Status status = OwnedByRoot(files, part); !status.ok()) return status;
  }
  absl::StatusOr<ProgramEnd> end = RunProgram({*real}, deadline, kCheckBytesMax);
  if (!end.ok()) return end.status();
  return CheckResult{end->exit_code, std::move(end->output)};
}

}  // namespace steward::agent
