#include "base/text.h"
#include "tests/fleet/simulation/invariants/invariant.h"

namespace steward::simulation {
namespace {

std::string Name(const LedgerEntry& entry, std::size_t number) {
  return StrCat("number ", number, " (epoch ", entry.epoch, ", sequence ", entry.sequence, ", at ",
                absl::FormatDuration(entry.time), ")");
}

}  // namespace

void CheckExactlyOnce(const Evidence& evidence, Verdict& verdict) {
  const auto& entries = evidence.ledger.entries;
  std::vector<std::uint32_t> times(entries.size());
  for (const StoredNumber& stored : evidence.stored.numbers) {
    if (stored.number < 0 || static_cast<std::size_t>(stored.number) >= entries.size()) {
      verdict.Break(verdict.unknown, StrCat(evidence.ledger.id, ": number ", stored.number, " was never sampled"));
    } else {
      ++times[static_cast<std::size_t>(stored.number)];
    }
  }
  for (std::size_t number = 0; number < entries.size(); ++number) {
    const LedgerEntry& entry = entries[number];
    ++verdict.batches;
    if (times[number] > 0) ++verdict.stored;
    if (times[number] > 1) {
      verdict.Break(verdict.doubled,
                    StrCat(evidence.ledger.id, ": stored ", times[number], " times: ", Name(entry, number)));
    }
    if (times[number] > 0) continue;
    const v1::GapDeclaration::Cause declared = evidence.ledger.DeclaredCause(entry);
    if (declared != v1::GapDeclaration::CAUSE_UNSPECIFIED) {
      ++verdict.missing_for[v1::GapDeclaration::Cause_Name(declared)];
    } else if (entry.excuse != Excuse::kNone) {
      ++verdict.missing_for[kExcuseNames[static_cast<std::size_t>(entry.excuse)]];
    } else {
      verdict.Break(verdict.lost, StrCat(evidence.ledger.id, ": lost without a word: ", Name(entry, number)));
    }
  }
  for (const std::string& mismatch : evidence.stored.mismatches) {
    verdict.Break(verdict.mismatched, StrCat(evidence.ledger.id, ": ", mismatch));
  }
}

}  // namespace steward::simulation
