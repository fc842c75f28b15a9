// The part of a packet filter that tells whether it refuses by default: chains of rules, without their conditions' detail.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace steward::agent {

struct FilterRule {
  enum class Verdict : std::uint8_t { kNone, kAccept, kRefuse, kJump };
  // kAll: every packet. kDoor: every one of an interface, a protocol or a new connection. kSome: others.
  enum class Matches : std::uint8_t { kAll, kDoor, kSome };
  Matches matches = Matches::kAll;
  Verdict verdict = Verdict::kNone;
  std::string target;  // of a jump
};

using FilterChains = std::map<std::string, std::vector<FilterRule>, std::less<>>;

// Whether what runs through `chain` and finds no rule of its own is refused. nullopt: it comes out at the end, where the
// policy decides. A target that is not there, or a ring of jumps, lets through.
std::optional<bool> Refuses(const FilterChains& chains, const std::string& chain);

}  // namespace steward::agent
