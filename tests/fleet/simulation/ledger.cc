#include "tests/fleet/simulation/ledger.h"

namespace steward::simulation {

void MachineLedger::ExcuseSince(absl::Duration since, Excuse excuse) {
  for (auto entry = entries.rbegin(); entry != entries.rend() && entry->time >= since; ++entry) {
    if (entry->excuse == Excuse::kNone) entry->excuse = excuse;
  }
}

void MachineLedger::ExcuseForgotten(absl::Duration until, const std::set<std::uint64_t>& held_epochs) {
  for (LedgerEntry& entry : entries) {
    if (entry.time > until || held_epochs.contains(entry.epoch)) continue;
    if (entry.excuse == Excuse::kNone) entry.excuse = Excuse::kForgotten;
  }
}

void MachineLedger::ExcuseFrom(std::uint64_t epoch, std::uint64_t first, Excuse excuse) {
  for (LedgerEntry& entry : entries) {
    if (entry.epoch == epoch && entry.sequence >= first && entry.excuse == Excuse::kNone) entry.excuse = excuse;
  }
}

v1::GapDeclaration::Cause MachineLedger::DeclaredCause(const LedgerEntry& entry) const {
  for (const v1::GapDeclaration& gap : gaps) {
    if (gap.epoch() == entry.epoch && gap.range().first() <= entry.sequence && entry.sequence <= gap.range().last()) {
      return gap.cause();
    }
  }
  return v1::GapDeclaration::CAUSE_UNSPECIFIED;
}

MachineLedger& Ledger::Machine(const std::string& id) {
  MachineLedger& machine = machines_[id];
  machine.id = id;
  return machine;
}

}  // namespace steward::simulation
