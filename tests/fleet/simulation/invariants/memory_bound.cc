#include "base/text.h"
#include "collector/ingest/limits.h"
#include "tests/fleet/simulation/invariants/invariant.h"

namespace steward::simulation {

void CheckMemoryBound(std::size_t queued_bytes_max, std::size_t streams, Verdict& verdict) {
  const std::size_t bound = collector::kStorageQueueBytesMax + streams * collector::kMessageBytesMax;
  if (queued_bytes_max <= bound) return;
  verdict.broken.push_back(StrCat("the collector's queue held ", queued_bytes_max, " bytes, ", bound, " are allowed"));
}

}  // namespace steward::simulation
