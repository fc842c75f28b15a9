#include "agent/inventory/posture.h"

#include <optional>
#include <string>

#include "agent/inventory/facts.h"
#include "agent/platform/platform.h"
#include "agent/probes/posture/disk_encryption.h"
#include "agent/probes/posture/firewall_state.h"
#include "agent/probes/posture/posture.h"
#include "agent/probes/posture/protections.h"
#include "agent/probes/posture/ssh_server.h"
#include "base/text.h"

namespace steward::agent {
namespace {

std::string_view OnOrOff(std::optional<bool> on) { return !on.has_value() ? "" : *on ? "on" : "off"; }

class PostureInventory final : public InventorySource {
 public:
  explicit PostureInventory(Platform& platform) : platform_(platform) {}
  std::string_view group() const override { return "posture"; }

  absl::Status Collect(std::vector<Fact>& facts) override {
    std::string notes;
    const auto note = [&notes](std::string_view text) {
      if (!text.empty()) StrAppend(&notes, notes.empty() ? "" : "; ", text);
    };
    const FirewallState firewall = ReadFirewallState(platform_, kPostureDeadline);
    AddFact(facts, "firewall/ipv4", OnOrOff(firewall.ipv4));
    AddFact(facts, "firewall/ipv6", OnOrOff(firewall.ipv6));
    AddFact(facts, "firewall/source", firewall.source);
    note(firewall.note);

    const SshServer server = ReadSshServer(platform_, kPostureDeadline);
    AddFact(facts, "ssh/installed", server.installed ? "yes" : "no");
    AddFact(facts, "ssh/source", server.source);
    for (const auto& [keyword, value] : server.settings) AddSetting("ssh/" + keyword, value, facts);
    note(server.note);

    std::string mountinfo;
    if (platform_.ReadFile("/proc/1/mountinfo", mountinfo).ok() || platform_.ReadFile("/proc/self/mountinfo", mountinfo).ok()) {
      for (const MountEncryption& mount : ReadEncryption(platform_, mountinfo)) {
        AddFact(facts, "encryption" + mount.mount_point, mount.encrypted ? "on" : "off");
      }
    }

    const ScreenLock lock = ReadScreenLock(platform_);
    AddFact(facts, "screen_lock", OnOrOff(lock.enabled));
    if (lock.delay_seconds.has_value()) AddFact(facts, "screen_lock_delay_seconds", StrCat(*lock.delay_seconds));
    if (!lock.enabled.has_value() && HasDesktop()) note("screen lock: not known, no system-wide setting");

    const Antivirus antivirus = ReadAntivirus(platform_);
    AddFact(facts, "antivirus/product", antivirus.installed ? "ClamAV" : "");
    AddFact(facts, "antivirus/scanner", antivirus.installed ? antivirus.scanner_running ? "on" : "off" : "");
    AddFact(facts, "antivirus/updater", antivirus.installed ? antivirus.updater_running ? "on" : "off" : "");
    AddFact(facts, "access_control/selinux", IsSelinuxEnforcing(platform_) ? "on" : "off");
    AddFact(facts, "access_control/apparmor", IsApparmorEnabled(platform_) ? "on" : "off");
    return notes.empty() ? absl::OkStatus() : absl::PermissionDeniedError(notes);
  }

 private:
  bool HasDesktop() {
    return platform_.Exists("/usr/share/xsessions") || platform_.Exists("/usr/share/wayland-sessions");
  }

  // Several ports are one fact.
  static void AddSetting(const std::string& key, const std::string& value, std::vector<Fact>& facts) {
    if (!facts.empty() && facts.back().key == key) {
      StrAppend(&facts.back().value, ", ", value);
    } else {
      AddFact(facts, key, value);
    }
  }

  Platform& platform_;
};

}  // namespace

std::unique_ptr<InventorySource> MakePostureInventory(Platform& platform) {
  return std::make_unique<PostureInventory>(platform);
}

}  // namespace steward::agent
