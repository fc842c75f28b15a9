#include "agent/probes/filefd.h"

#include <optional>

#include "agent/probes/file_probe.h"
#include "agent/probes/text.h"

namespace steward::agent {
namespace {

constexpr std::string_view kPath = "/proc/sys/fs/file-nr";

constexpr Metric kAllocated = {.name = "node_filefd_allocated", .help = "File descriptor statistics: allocated."};
constexpr Metric kMaximum = {.name = "node_filefd_maximum", .help = "File descriptor statistics: maximum."};

}  // namespace

absl::Status ParseFileNr(std::string_view text, SampleSink& sink) {
  std::string_view rest = Trimmed(text);
  const std::optional<std::uint64_t> allocated = NextUnsigned(rest);
  const std::optional<std::uint64_t> unused = NextUnsigned(rest);
  const std::optional<std::uint64_t> maximum = NextUnsigned(rest);
  if (!allocated.has_value() || !unused.has_value() || !maximum.has_value()) return Malformed(kPath, text);
  sink.AddUnsigned(kAllocated, {}, *allocated);
  sink.AddUnsigned(kMaximum, {}, *maximum);
  return absl::OkStatus();
}

std::unique_ptr<Probe> MakeFilefdProbe(Platform& platform) {
  return MakeFileProbe(platform, "filefd", kPath, &ParseFileNr);
}

}  // namespace steward::agent
