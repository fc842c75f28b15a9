#include "agent/platform/linux/tools/packet_filter.h"

namespace steward::agent {
namespace {

constexpr int kJumpsMax = 16;  // the kernel allows as many on each other

std::optional<bool> Walk(const FilterChains& chains, const std::string& chain, int jumps) {
  const auto found = chains.find(chain);
  if (found == chains.end() || jumps > kJumpsMax) return std::nullopt;
  for (const FilterRule& rule : found->second) {
    if (rule.matches == FilterRule::Matches::kSome) continue;
    if (rule.verdict == FilterRule::Verdict::kRefuse) return true;
    if (rule.matches == FilterRule::Matches::kDoor) continue;  // lets in through that door only
    if (rule.verdict == FilterRule::Verdict::kAccept) return false;
    if (rule.verdict != FilterRule::Verdict::kJump) continue;
    if (const std::optional<bool> refuses = Walk(chains, rule.target, jumps + 1)) return refuses;
  }
  return std::nullopt;
}

}  // namespace

std::optional<bool> Refuses(const FilterChains& chains, const std::string& chain) { return Walk(chains, chain, 0); }

}  // namespace steward::agent
