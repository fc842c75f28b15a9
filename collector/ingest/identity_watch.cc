#include "collector/ingest/identity_watch.h"

#include <algorithm>

#include "collector/ingest/limits.h"

namespace steward::collector {

IdentityWatch::Verdict IdentityWatch::OnHello(const MachineId& machine, const Incarnation& incarnation, bool connected,
                                              absl::Duration now) {
  Known& known = machines_[machine];
  if (!known.incarnations.empty() && known.incarnations.back() == incarnation) return Verdict::kFine;
  if (now < known.conflict_until && connected) return Verdict::kRefuse;

  const auto earlier = std::find(known.incarnations.begin(), known.incarnations.end(), incarnation);
  const bool returned = earlier != known.incarnations.end();
  if (returned) {
    known.incarnations.erase(earlier);
    known.returns.push_back(now);
    while (now - known.returns.front() > kIdentityReturnsWithin) known.returns.pop_front();
  }
  // A virtual machine that was set back returns once. Who comes back again and again is another machine.
  const bool conflict = returned && known.returns.size() >= kIdentityReturns;
  if (conflict) {
    known.conflict_until = now + kIdentityConflictFor;
    known.returns.clear();
    if (connected) {
      known.incarnations.push_front(incarnation);
      return Verdict::kConflictFound;
    }
  }
  known.incarnations.push_back(incarnation);
  if (known.incarnations.size() > kIncarnationsKept) known.incarnations.pop_front();
  return conflict ? Verdict::kConflictFound : Verdict::kFine;
}

}  // namespace steward::collector
