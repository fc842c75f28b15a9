#include "agent/probes/posture/posture.h"

#include <optional>
#include <string>

#include "agent/platform/platform.h"
#include "agent/probes/posture/disk_encryption.h"
#include "agent/probes/posture/firewall_state.h"
#include "agent/probes/posture/listeners.h"
#include "agent/probes/posture/protections.h"
#include "agent/probes/posture/ssh_server.h"

namespace steward::agent {
namespace {

constexpr absl::Duration kInterval = absl::Hours(1);

constexpr Metric kFirewall = {.name = "steward_posture_firewall_enabled",
                              .help = "Whether the host's firewall refuses what no rule allows, by family of addresses."};
constexpr Metric kEncrypted = {.name = "steward_posture_disk_encrypted",
                               .help = "Whether the file system lies on an encrypted device."};
constexpr Metric kSshSetting = {.name = "steward_posture_ssh_setting_info",
                                .help = "A setting of the SSH server; source: sshd's own word, or its files'."};
constexpr Metric kSshRootPassword = {.name = "steward_posture_ssh_root_password_login",
                                     .help = "Whether the SSH server lets root in with a password."};
constexpr Metric kListeners = {.name = "steward_posture_listeners",
                               .help = "Addresses and ports on which this machine can be reached from others."};
constexpr Metric kAntivirus = {.name = "steward_posture_antivirus_running",
                               .help = "Whether the installed antivirus runs, by its part: scanner, updater."};
constexpr Metric kSignatures = {.name = "steward_posture_antivirus_signatures_timestamp_seconds",
                                .help = "When the newest signatures of the antivirus were written."};
constexpr Metric kScreenLock = {.name = "steward_posture_screen_lock_enabled",
                                .help = "Whether the system's settings lock an unattended screen."};
constexpr Metric kScreenLockDelay = {.name = "steward_posture_screen_lock_delay_seconds",
                                     .help = "From the last key to the locked screen, by the system's settings."};
constexpr Metric kSecureBoot = {.name = "steward_posture_secure_boot_enabled",
                                .help = "Whether the firmware starts signed systems only."};
constexpr Metric kAccessControl = {.name = "steward_posture_access_control_enabled",
                                   .help = "Whether SELinux enforces, whether AppArmor is on."};

class PostureProbe final : public Probe {
 public:
  explicit PostureProbe(Platform& platform) : platform_(platform) {}
  std::string_view name() const override { return "posture"; }
  absl::Duration slow_interval() const override { return kInterval; }

  absl::Status Collect(SampleSink& sink) override {
    ReportFirewall(sink);
    ReportEncryption(sink);
    ReportSsh(sink);
    ReportListeners(sink);
    ReportAntivirus(sink);
    const ScreenLock lock = ReadScreenLock(platform_);
    if (lock.enabled.has_value()) sink.Add(kScreenLock, {}, *lock.enabled ? 1 : 0);
    if (lock.delay_seconds.has_value()) sink.AddUnsigned(kScreenLockDelay, {}, *lock.delay_seconds);
    const std::optional<bool> secure_boot = ReadSecureBoot(platform_);
    if (secure_boot.has_value()) sink.Add(kSecureBoot, {}, *secure_boot ? 1 : 0);
    sink.Add(kAccessControl, {{"system", "apparmor"}}, IsApparmorEnabled(platform_) ? 1 : 0);
    sink.Add(kAccessControl, {{"system", "selinux"}}, IsSelinuxEnforcing(platform_) ? 1 : 0);
    return absl::OkStatus();
  }

 private:
  void ReportFirewall(SampleSink& sink) {
    const FirewallState firewall = ReadFirewallState(platform_, kPostureDeadline);
    if (firewall.ipv4.has_value()) sink.Add(kFirewall, {{"family", "ipv4"}}, *firewall.ipv4 ? 1 : 0);
    if (firewall.ipv6.has_value()) sink.Add(kFirewall, {{"family", "ipv6"}}, *firewall.ipv6 ? 1 : 0);
  }

  void ReportEncryption(SampleSink& sink) {
    if (!platform_.ReadFile("/proc/1/mountinfo", text_).ok() && !platform_.ReadFile("/proc/self/mountinfo", text_).ok()) return;
    for (const MountEncryption& mount : ReadEncryption(platform_, text_)) {
      sink.Add(kEncrypted, {{"mountpoint", mount.mount_point}}, mount.encrypted ? 1 : 0);
    }
  }

  void ReportSsh(SampleSink& sink) {
    const SshServer server = ReadSshServer(platform_, kPostureDeadline);
    for (const auto& [keyword, value] : server.settings) {
      const LabelView labels[] = {{"setting", keyword}, {"source", server.source}, {"value", value}};
      sink.Add(kSshSetting, labels, 1);
    }
    if (!server.settings.empty()) sink.Add(kSshRootPassword, {}, server.AllowsRootPassword() ? 1 : 0);
  }

  void ReportListeners(SampleSink& sink) {
    const absl::StatusOr<std::vector<Listener>> listeners = ReadListeners(platform_);
    if (!listeners.ok()) return;
    std::int64_t tcp = 0;
    for (const Listener& listener : *listeners) tcp += listener.protocol == "tcp" ? 1 : 0;
    sink.Add(kListeners, {{"protocol", "tcp"}}, tcp);
    sink.Add(kListeners, {{"protocol", "udp"}}, static_cast<std::int64_t>(listeners->size()) - tcp);
  }

  void ReportAntivirus(SampleSink& sink) {
    const Antivirus antivirus = ReadAntivirus(platform_);
    if (!antivirus.installed) return;
    sink.Add(kAntivirus, {{"part", "scanner"}}, antivirus.scanner_running ? 1 : 0);
    sink.Add(kAntivirus, {{"part", "updater"}}, antivirus.updater_running ? 1 : 0);
    if (antivirus.signatures.has_value()) sink.Add(kSignatures, {}, absl::ToUnixSeconds(*antivirus.signatures));
  }

  Platform& platform_;
  std::string text_;
};

}  // namespace

std::unique_ptr<Probe> MakePostureProbe(Platform& platform) { return std::make_unique<PostureProbe>(platform); }

}  // namespace steward::agent
