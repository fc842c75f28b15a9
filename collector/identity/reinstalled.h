// A machine that was set up anew: it enrols as a new one, on hardware that the collector knows.
#pragma once

#include <functional>
#include <vector>

#include "absl/status/statusor.h"
#include "collector/identity/machine_registry.h"
#include "collector/storage/records.h"

namespace steward::collector {

// The machine that this one may be: active, of the same hardware, and silent since this one enrolled. Of several that
// of the same host name, else the one seen last. Null: none. Only ever an offer: clones of a virtual machine have the
// same hardware, too, and a machine that says nothing of its hardware is like no other.
const MachineRecord* MayBe(const MachineRecord& machine, const std::vector<MachineRecord>& all);

struct Approved {
  MachinePointer machine;  // has the site, the class and, if the host name is the same, the instance of the old one
  MachinePointer retired;  // knows what it goes on as
};

// Retires `old_id` and lets `id` go on for it. The old one keeps its id and history; its certificate is good for
// nothing any more. Calling it again ends what a crash has left half done. NotFound; InvalidArgument: a machine cannot
// go on as itself; FailedPrecondition: the old one was seen since the other enrolled, so they are two, or either is
// retired for another reason. `done` is called on the core thread.
void ApproveReinstalled(MachineRegistry& machines, const MachineId& id, const MachineId& old_id, AuditNote note,
                        std::function<void(absl::StatusOr<Approved>)> done);

}  // namespace steward::collector
