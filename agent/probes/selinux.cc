#include "agent/probes/selinux.h"

#include <optional>
#include <string>

#include "agent/platform/platform.h"
#include "agent/probes/attributes.h"
#include "agent/probes/os.h"

namespace steward::agent {
namespace {

constexpr Metric kEnabled = {.name = "node_selinux_enabled", .help = "SELinux is enabled, 1 is true, 0 is false"};
constexpr Metric kConfigMode = {.name = "node_selinux_config_mode", .help = "Configured SELinux enforcement mode"};
constexpr Metric kCurrentMode = {.name = "node_selinux_current_mode", .help = "Current SELinux enforcement mode"};

class SelinuxProbe final : public Probe {
 public:
  explicit SelinuxProbe(Platform& platform) : platform_(platform), attributes_(platform) {}
  std::string_view name() const override { return "selinux"; }
  absl::Duration interval_min() const override { return kSlowInterval; }

  absl::Status Collect(SampleSink& sink) override {
    const std::optional<std::int64_t> enforcing = attributes_.Integer("/sys/fs/selinux", "enforce");
    if (const absl::Status status = attributes_.NothingRead(""); absl::IsPermissionDenied(status)) return status;
    sink.Add(kEnabled, {}, enforcing.has_value() ? 1 : 0);
    if (!enforcing.has_value()) return absl::OkStatus();
    sink.Add(kCurrentMode, {}, *enforcing);
    std::string text;
    if (!platform_.ReadFile("/etc/selinux/config", text).ok()) return absl::OkStatus();
    const std::string mode = ParseOsRelease(text)["SELINUX"];
    sink.Add(kConfigMode, {}, mode == "enforcing" ? 1 : mode == "permissive" ? 0 : -1);
    return absl::OkStatus();
  }

 private:
  Platform& platform_;
  AttributeReader attributes_;
};

}  // namespace

std::unique_ptr<Probe> MakeSelinuxProbe(Platform& platform) { return std::make_unique<SelinuxProbe>(platform); }

}  // namespace steward::agent
