// Whether the host's firewall refuses what no rule speaks of.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "agent/platform/platform.h"

namespace steward::agent {

struct FirewallState {
  std::optional<bool> ipv4;  // refuses; nullopt: not known
  std::optional<bool> ipv6;
  std::string source;        // whose word it is: "kernel", "ufw", "firewalld", "none"
  std::string note;          // why it is not known, or only by a file's word
};

// What Tool::kFirewall tells: lines "ipv4 refuse", "ipv6 accept". Other lines are passed over.
void ParseFirewallAnswer(std::string_view text, FirewallState& state);
// /etc/ufw/ufw.conf.
std::optional<bool> UfwEnabled(std::string_view text);

// Of the kernel's rules if root tells them; else by the settings and services of ufw and firewalld. Waits.
FirewallState ReadFirewallState(Platform& platform, absl::Duration deadline);

// Whether systemd runs it; without a message bus, by its control group.
bool IsServiceRunning(Platform& platform, std::string_view service);

}  // namespace steward::agent
