#include "agent/probes/posture/firewall_state.h"

#include "agent/probes/os.h"
#include "agent/probes/text.h"
#include "base/text.h"

namespace steward::agent {
namespace {

// Both guard IPv6 as they guard IPv4 unless somebody switched that off.
void ReadByWord(Platform& platform, FirewallState& state) {
  std::string text;
  if (IsServiceRunning(platform, "firewalld.service")) {
    state.source = "firewalld";
    state.ipv4 = state.ipv6 = true;
  } else if (platform.ReadFile("/etc/ufw/ufw.conf", text).ok() && UfwEnabled(text).has_value()) {
    state.source = "ufw";
    state.ipv4 = state.ipv6 = UfwEnabled(text);
  }
}

}  // namespace

void ParseFirewallAnswer(std::string_view text, FirewallState& state) {
  std::string_view line;
  while (NextLine(text, line)) {
    std::string_view family;
    std::string_view what;
    if (!NextField(line, family) || !NextField(line, what) || (what != "refuse" && what != "accept")) continue;
    if (family == "ipv4") state.ipv4 = what == "refuse";
    if (family == "ipv6") state.ipv6 = what == "refuse";
  }
}

std::optional<bool> UfwEnabled(std::string_view text) {
  const std::string enabled = ParseOsRelease(text)["ENABLED"];
  if (enabled.empty()) return std::nullopt;
  return enabled == "yes";
}

FirewallState ReadFirewallState(Platform& platform, absl::Duration deadline) {
  FirewallState state;
  const absl::StatusOr<std::string> answer = platform.RunTool(Tool::kFirewall, deadline);
  if (answer.ok()) {
    state.source = "kernel";
    ParseFirewallAnswer(*answer, state);
    return state;
  }
  ReadByWord(platform, state);
  if (!state.source.empty()) {
    state.note = StrCat("firewall: by the word of ", state.source, " alone (the kernel's rules are root's to read)");
  } else if (absl::IsNotFound(answer.status())) {
    state.source = "none";
    state.ipv4 = state.ipv6 = false;
  } else {
    state.note = StrCat("firewall: ", answer.status().message());
  }
  return state;
}

bool IsServiceRunning(Platform& platform, std::string_view service) {
  return platform.Exists(StrCat("/sys/fs/cgroup/system.slice/", service)) ||
         platform.Exists(StrCat("/sys/fs/cgroup/systemd/system.slice/", service));
}

}  // namespace steward::agent
