// The simulation's own account: every batch that a machine sampled, when it truly was, and what may excuse its loss.
// Independent of spool, wire and collector.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "steward/v1/uplink.pb.h"

namespace steward::simulation {

// Why a batch may be missing without a declaration of the agent.
enum class Excuse : std::uint8_t {
  kNone,
  kPowerCut,   // younger than 30 s when the power failed
  kRollback,   // made in a life of the machine that was undone
  kNotTaken,   // the spool said that it did not take it
  kCutTail,    // of the segment that was being written, by a damage: the next start sees its end sooner, and no more
  kForgotten,  // acknowledged, then gone from the agent with its whole epoch, then the collector was set back
};
inline constexpr std::array<const char*, 6> kExcuseNames = {"none",      "power cut", "rollback",
                                                            "not taken", "cut tail",  "forgotten by both"};

// A batch's number is the value of its samples: counted over all lives of the machine.
struct LedgerEntry {
  absl::Duration time;  // true, since the start
  std::uint64_t epoch = 0;
  std::uint64_t sequence = 0;
  int boot = 0;                                           // counted over the machine's life
  bool connected = false;                                 // the uplink was welcomed at that moment
  absl::Duration half_round_trip = absl::ZeroDuration();  // at most, since the entry before
  Excuse excuse = Excuse::kNone;
};

struct MachineLedger {
  std::string id;
  std::vector<LedgerEntry> entries;  // by number
  std::vector<v1::GapDeclaration> gaps;
  std::map<int, std::string> boot_ids;  // by number

  // All that were made since `since` and have no excuse yet.
  void ExcuseSince(absl::Duration since, Excuse excuse);
  // All up to `until` of epochs of which the agent holds nothing any more.
  void ExcuseForgotten(absl::Duration until, const std::set<std::uint64_t>& held_epochs);
  // All of an epoch from `first` on.
  void ExcuseFrom(std::uint64_t epoch, std::uint64_t first, Excuse excuse);
  // CAUSE_UNSPECIFIED: not declared.
  v1::GapDeclaration::Cause DeclaredCause(const LedgerEntry& entry) const;
};

class Ledger {
 public:
  MachineLedger& Machine(const std::string& id);
  const std::map<std::string, MachineLedger>& machines() const { return machines_; }
  void OnGapDeclared(const std::string& id, const v1::GapDeclaration& gap) { Machine(id).gaps.push_back(gap); }

 private:
  std::map<std::string, MachineLedger> machines_;
};

}  // namespace steward::simulation
