#include "agent/probes/updates.h"

#include <algorithm>
#include <array>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "agent/platform/platform.h"
#include "agent/probes/apt_config.h"
#include "agent/probes/package_updates.h"
#include "agent/probes/text.h"
#include "base/text.h"

namespace steward::agent {
namespace {

// The question costs seconds of CPU, and lists change a few times a day.
constexpr absl::Duration kInterval = absl::Hours(6);

constexpr Metric kPending = {.name = "steward_updates_pending",
                             .help = "Packages of which a newer version is known and not installed."};
constexpr Metric kRefresh = {.name = "steward_updates_refresh_timestamp_seconds",
                             .help = "When the package lists were last refreshed with success."};
constexpr Metric kAutomatic = {.name = "steward_updates_automatic",
                               .help = "1: updates are downloaded and installed without a person."};
constexpr Metric kLastUpgrade = {.name = "steward_updates_last_upgrade_timestamp_seconds",
                                 .help = "When a package was last upgraded, by dpkg's log."};

// Touched after each successful refresh; the first two by apt's timer and by Ubuntu's hook, the folder by what is new.
constexpr std::array<std::string_view, 3> kAptStamps = {
    "/var/lib/apt/periodic/update-stamp", "/var/lib/apt/periodic/update-success-stamp", "/var/lib/apt/lists"};
constexpr std::array<std::string_view, 2> kDnfCaches = {"/var/cache/dnf", "/var/cache/libdnf5"};
constexpr std::array<std::string_view, 2> kDpkgLogs = {"/var/log/dpkg.log", "/var/log/dpkg.log.1"};
constexpr std::string_view kTimers = "/etc/systemd/system/timers.target.wants/";

class UpdatesProbe final : public Probe {
 public:
  UpdatesProbe(Platform& platform, std::shared_ptr<PackageUpdates> updates) : platform_(platform), updates_(std::move(updates)) {}
  std::string_view name() const override { return "updates"; }
  absl::Duration slow_interval() const override { return kInterval; }

  absl::Status Collect(SampleSink& sink) override {
    const absl::StatusOr<PendingUpdates> updates = updates_->Ask();
    if (!updates.ok()) return updates.status();
    ReportPending(*updates, sink);
    const bool is_debian = platform_.Exists("/var/lib/dpkg/status");
    if (const auto refresh = is_debian ? AptRefresh() : DnfRefresh()) sink.Add(kRefresh, {}, absl::ToUnixSeconds(*refresh));
    const LabelView labels[] = {{"mechanism", is_debian ? "unattended-upgrades" : "dnf-automatic"}};
    sink.Add(kAutomatic, labels, (is_debian ? IsUnattended() : IsDnfAutomatic()) ? 1 : 0);
    ReportLastUpgrade(sink);
    return absl::OkStatus();
  }

 private:
  static void ReportPending(const PendingUpdates& updates, SampleSink& sink) {
    const auto security = std::count_if(updates.begin(), updates.end(), [](const auto& update) { return update.second.is_security; });
    const LabelView security_labels[] = {{"kind", "security"}};
    const LabelView other_labels[] = {{"kind", "other"}};
    sink.Add(kPending, security_labels, security);
    sink.Add(kPending, other_labels, static_cast<std::int64_t>(updates.size()) - security);
  }

  std::optional<absl::Time> Modified(std::string_view path) {
    const absl::StatusOr<FileAttributes> attributes = platform_.Attributes(path);
    if (!attributes.ok()) return std::nullopt;
    return attributes->modified;
  }

  // std::max: nothing is less than any time.
  std::optional<absl::Time> AptRefresh() {
    std::optional<absl::Time> newest;
    for (const std::string_view stamp : kAptStamps) newest = std::max(newest, Modified(stamp));
    return newest;
  }
  std::optional<absl::Time> DnfRefresh() {
    std::optional<absl::Time> newest;
    std::vector<std::string> repositories;
    for (const std::string_view cache : kDnfCaches) {
      if (!platform_.ListDirectory(cache, repositories).ok()) continue;
      for (const std::string& repository : repositories) {
        newest = std::max(newest, Modified(StrCat(cache, "/", repository, "/repodata/repomd.xml")));
      }
    }
    return newest;
  }

  // The program, apt's periodic run of it with fresh lists, and the timer that starts that run.
  bool IsUnattended() {
    if (!platform_.Exists("/usr/bin/unattended-upgrade")) return false;
    const absl::StatusOr<std::string> timer = platform_.RealPath("/etc/systemd/system/apt-daily-upgrade.timer");
    if (timer.ok() && *timer == "/dev/null") return false;
    AptSettings settings = ReadAptConfig(platform_);
    const auto is_on = [&](std::string_view name) {
      const std::string& value = settings[StrCat("apt::periodic::", name)];
      return !value.empty() && value != "0";
    };
    settings.try_emplace("apt::periodic::enable", "1");
    return is_on("enable") && is_on("update-package-lists") && is_on("unattended-upgrade");
  }

  bool IsDnfAutomatic() {
    if (platform_.Exists(StrCat(kTimers, "dnf-automatic-install.timer"))) return true;
    const bool is_timed = platform_.Exists(StrCat(kTimers, "dnf-automatic.timer")) ||
                          platform_.Exists(StrCat(kTimers, "dnf5-automatic.timer"));
    return is_timed && Applies();
  }
  // dnf-automatic downloads only, unless it is told to install.
  bool Applies() {
    std::string text;
    if (!platform_.ReadFile("/etc/dnf/automatic.conf", text).ok()) return false;
    std::string_view rest = text;
    std::string_view line;
    while (NextLine(rest, line)) {
      std::string_view key;
      if (!NextPart(line, '=', key) || Trimmed(key) != "apply_updates") continue;
      const std::string_view value = Trimmed(line);
      return value == "yes" || value == "true" || value == "True" || value == "1";
    }
    return false;
  }

  void ReportLastUpgrade(SampleSink& sink) {
    const absl::StatusOr<TimeZone> zone = platform_.LocalTimeZone();
    std::string log;
    for (const std::string_view path : kDpkgLogs) {
      if (!zone.ok() || !platform_.ReadFile(path, log).ok()) continue;
      const auto last = LastUpgrade(log, zone->offset_seconds);
      if (!last.has_value()) continue;
      sink.Add(kLastUpgrade, {}, absl::ToUnixSeconds(*last));
      return;
    }
  }

  Platform& platform_;
  std::shared_ptr<PackageUpdates> updates_;
};

}  // namespace

std::optional<absl::Time> LastUpgrade(std::string_view dpkg_log, std::int64_t zone_offset_seconds) {
  constexpr std::string_view kUpgrade = " upgrade ";
  constexpr std::size_t kTimeBytes = 19;
  for (std::size_t at = dpkg_log.rfind(kUpgrade); at != std::string_view::npos && at >= kTimeBytes;
       at = dpkg_log.rfind(kUpgrade, at - 1)) {
    absl::Time time;
    std::string error;
    const bool is_line = at == kTimeBytes || dpkg_log[at - kTimeBytes - 1] == '\n';
    if (is_line && absl::ParseTime("%Y-%m-%d %H:%M:%S", ToAbsl(dpkg_log.substr(at - kTimeBytes, kTimeBytes)), &time, &error)) {
      return time - absl::Seconds(zone_offset_seconds);
    }
  }
  return std::nullopt;
}

std::unique_ptr<Probe> MakeUpdatesProbe(Platform& platform, std::shared_ptr<PackageUpdates> updates) {
  return std::make_unique<UpdatesProbe>(platform, std::move(updates));
}

}  // namespace steward::agent
