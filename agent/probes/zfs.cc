#include "agent/probes/zfs.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <string>
#include <vector>

#include "agent/platform/platform.h"
#include "agent/probes/attributes.h"
#include "base/text.h"

namespace steward::agent {
namespace {

constexpr std::string_view kDirectory = "/proc/spl/kstat/zfs";

constexpr Metric kState = {.name = "node_zfs_zpool_state", .help = "kstat.zfs.misc.state"};
constexpr std::array<std::string_view, 7> kStates = {"online",  "degraded", "faulted",  "offline",
                                                     "removed", "unavail",  "suspended"};

class ZfsProbe final : public Probe {
 public:
  explicit ZfsProbe(Platform& platform) : platform_(platform), attributes_(platform) {}
  std::string_view name() const override { return "zfs"; }

  absl::Status Collect(SampleSink& sink) override {
    const absl::Status status = platform_.ListDirectory(kDirectory, entries_);
    if (!status.ok()) return status;
    bool any = false;
    for (const std::string& pool : entries_) {
      const auto text = attributes_.Text(StrCat(kDirectory, "/", pool), "state");
      if (!text.has_value()) continue;  // a file of ZFS as a whole
      Report(pool, std::string(*text), sink);
      any = true;
    }
    return any ? absl::OkStatus() : absl::NotFoundError("no ZFS pool");
  }

 private:
  static void Report(std::string_view pool, std::string state, SampleSink& sink) {
    std::transform(state.begin(), state.end(), state.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    for (const std::string_view one : kStates) {
      const LabelView labels[] = {{"state", one}, {"zpool", pool}};
      sink.Add(kState, labels, one == state ? 1 : 0);
    }
  }

  Platform& platform_;
  AttributeReader attributes_;
  std::vector<std::string> entries_;
};

}  // namespace

std::unique_ptr<Probe> MakeZfsProbe(Platform& platform) { return std::make_unique<ZfsProbe>(platform); }

}  // namespace steward::agent
