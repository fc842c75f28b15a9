#include <map>

#include "base/text.h"
#include "tests/fleet/simulation/invariants/invariant.h"

namespace steward::simulation {

void CheckOrder(const Evidence& evidence, Verdict& verdict) {
  const auto& entries = evidence.ledger.entries;
  std::map<int, StoredNumber> last;  // by boot
  for (const StoredNumber& stored : evidence.stored.numbers) {
    if (stored.number < 0 || static_cast<std::size_t>(stored.number) >= entries.size()) continue;
    const auto [before, is_first] = last.try_emplace(entries[static_cast<std::size_t>(stored.number)].boot, stored);
    if (is_first) continue;
    if (stored.number <= before->second.number || stored.time_ms <= before->second.time_ms) {
      verdict.Break(verdict.disordered,
                    StrCat(evidence.ledger.id, ": number ", stored.number, " is stored at ", stored.time_ms,
                           ", after number ", before->second.number, " at ", before->second.time_ms));
    }
    before->second = stored;
  }
}

}  // namespace steward::simulation
