#include "agent/probes/vmstat.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string>

#include "agent/platform/platform.h"
#include "agent/probes/text.h"
#include "base/text.h"

namespace steward::agent {
namespace {

constexpr std::string_view kPath = "/proc/vmstat";

// node_exporter's choice is oom_kill, pgpg*, pswp*, pg*fault*; the rest tells how hard memory is being reclaimed and
// defragmented. Nearly all of it stands still on a machine that is well.
constexpr std::array<std::string_view, 21> kPrefixes = {
    "oom_kill",
    "pgpg",
    "pswp",
    "allocstall",
    "pgscan_direct",
    "pgscan_kswapd",
    "pgsteal_direct",
    "pgsteal_kswapd",
    "workingset_",
    "swap_ra",
    "compact_",
    "thp_fault_",
    "thp_collapse_",
    "kswapd_",
    "pageoutrun",
    "slabs_scanned",
    "drop_",
    "numa_foreign",
    "numa_miss",
    "numa_pages_migrated",
    "unevictable_pgs_stranded",
};

bool IsWanted(std::string_view key) {
  if (key.starts_with("pg") && key.find("fault") != std::string_view::npos) return true;
  return std::any_of(kPrefixes.begin(), kPrefixes.end(),
                     [&](std::string_view prefix) { return key.starts_with(prefix); });
}

MetricFamilies::Definition Define(std::string_view key) {
  return {StrCat("node_vmstat_", key), StrCat("/proc/vmstat information field ", key, "."), MetricType::kUntyped};
}

class VmstatProbe final : public Probe {
 public:
  explicit VmstatProbe(Platform& platform) : platform_(platform) {}
  std::string_view name() const override { return "vmstat"; }
  absl::Status Collect(SampleSink& sink) override {
    const absl::Status status = platform_.ReadFile(kPath, text_);
    return status.ok() ? ParseVmstat(text_, families_, sink) : status;
  }

 private:
  Platform& platform_;
  MetricFamilies families_;
  std::string text_;
};

}  // namespace

absl::Status ParseVmstat(std::string_view text, MetricFamilies& families, SampleSink& sink) {
  if (Trimmed(text).empty()) return Malformed(kPath, text);
  std::string_view line;
  while (NextLine(text, line)) {
    std::string_view rest = line;
    std::string_view key;
    if (!NextField(rest, key) || !IsWanted(key)) continue;
    const std::optional<std::uint64_t> value = NextUnsigned(rest);
    if (!value.has_value()) return Malformed(kPath, line);
    const Metric* metric = families.Get(key, &Define);
    if (metric != nullptr) sink.AddUnsigned(*metric, {}, *value);
  }
  return absl::OkStatus();
}

std::unique_ptr<Probe> MakeVmstatProbe(Platform& platform) { return std::make_unique<VmstatProbe>(platform); }

}  // namespace steward::agent
