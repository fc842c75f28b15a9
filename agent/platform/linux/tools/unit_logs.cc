#include "agent/platform/linux/tools/unit_logs.h"

#include <string_view>
#include <vector>

#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "agent/platform/linux/run_program.h"
#include "base/text.h"

namespace steward::agent {
namespace {

constexpr std::size_t kListBytesMax = std::size_t{1} << 20;
constexpr std::size_t kLogBytesMax = std::size_t{256} << 10;

absl::StatusOr<std::vector<std::string>> FailedServices(const std::string& systemctl, absl::Duration deadline) {
  const absl::StatusOr<ProgramEnd> end = RunProgram(
      {systemctl, "list-units", "--type=service", "--state=failed", "--full", "--plain", "--no-legend", "--no-pager"}, deadline, kListBytesMax);
  if (!end.ok()) return end.status();
  if (end->exit_code != 0) return absl::UnavailableError(StrCat(systemctl, " failed with exit code ", end->exit_code));
  std::vector<std::string> services;
  for (const absl::string_view line : absl::StrSplit(end->output, '\n', absl::SkipEmpty())) {
    const absl::string_view name = line.substr(0, line.find(' '));
    if (!name.empty() && services.size() < kUnitLogUnitsMax) services.emplace_back(name);
  }
  return services;
}

void AddLine(const std::string& service, absl::string_view line, std::string& answer) {
  std::string plain(line.substr(0, kUnitLogLineBytesMax));
  for (char& c : plain) {
    if (static_cast<unsigned char>(c) < ' ' || c == 0x7f) c = '?';
  }
  StrAppend(&answer, service, "\t", plain, "\n");
}

}  // namespace

absl::StatusOr<std::string> AskUnitLogs(const std::string& systemctl, const std::string& journalctl, absl::Duration deadline) {
  const absl::Time until = absl::Now() + deadline;
  const absl::StatusOr<std::vector<std::string>> services = FailedServices(systemctl, deadline);
  if (!services.ok()) return services.status();
  std::string answer;
  for (const std::string& service : *services) {
    const absl::StatusOr<ProgramEnd> log =
        RunProgram({journalctl, StrCat("--unit=", service), StrCat("--lines=", kUnitLogLines), "--boot", "--output=cat", "--quiet", "--no-pager"},
                   until - absl::Now(), kLogBytesMax);
    if (absl::IsNotFound(log.status())) return log.status();
    if (!log.ok() || log->exit_code != 0) continue;  // the others' are worth as much
    for (const absl::string_view line : absl::StrSplit(log->output, '\n', absl::SkipWhitespace())) AddLine(service, line, answer);
  }
  return answer;
}

}  // namespace steward::agent
