// The host's firewall in two lines: what happens to a packet for this machine that no rule speaks of.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "agent/platform/rooted_files.h"

namespace steward::agent {

// Per family of addresses: refused unless a rule allows it.
struct InputPolicy {
  bool refuses_ipv4 = false;
  bool refuses_ipv6 = false;
};

// `nft -j list ruleset`: the base chains of the input hook, their policy, and whether their rules end in one that refuses
// what comes in by any address and port. Rules with conditions beyond interface, protocol and new connections do not
// count: a list of blocked addresses is no firewall. InvalidArgument: no such JSON.
absl::StatusOr<InputPolicy> InputPolicyOfNft(std::string_view json);
// `iptables -S` or `ip6tables -S`: the same of the chain INPUT.
bool RefusesByIptables(std::string_view rules);

// Lines "ipv4 refuse" or "ipv4 accept", and the same of ipv6. nft is asked, and iptables for tables of its older kind,
// which nft does not see. NotFound: neither is installed.
absl::StatusOr<std::string> AskFirewall(const RootedFiles& files, absl::Duration deadline);

}  // namespace steward::agent
