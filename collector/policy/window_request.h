// Maintenance windows as people ask for them, as they are kept, and as the issues see them. Pure.
#pragma once

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "collector/config/policy_config.h"
#include "collector/issues/actor.h"
#include "collector/issues/window.h"
#include "collector/storage/records.h"
#include "steward/v1/window.pb.h"

namespace steward::collector {

// What the partner may announce by itself; any other it proposes.
inline constexpr absl::Duration kPartnerWindowMax = absl::Hours(8);
inline constexpr absl::Duration kPartnerWindowAhead = absl::Hours(24);
// For everybody: a machine that nobody hears of for longer is another matter.
inline constexpr absl::Duration kWindowMax = absl::Hours(14 * 24);

// The window that is asked for, without its id. `machine` is the request's, if it names one; `zone` the site's.
// With `proposal` set if the IT manager has to confirm it first. InvalidArgument says what to write; PermissionDenied who may.
absl::StatusOr<v1::MaintenanceWindow> MakeWindow(const v1::AddWindowRequest& request, const MachineRecord* machine,
                                                 const Actor& actor, absl::TimeZone zone, absl::Time now);
// It holds from now on. PermissionDenied: not the IT manager; FailedPrecondition: it is over, or was not proposed.
absl::StatusOr<v1::MaintenanceWindow> ConfirmedWindow(v1::MaintenanceWindow window, const Actor& actor, absl::TimeZone zone, absl::Time now);
// PermissionDenied: the partner ends its own windows only; FailedPrecondition: it is over, or the policy's.
absl::Status CheckRemoval(const v1::MaintenanceWindow& window, const Actor& actor, absl::TimeZone zone, absl::Time now);

// A kept one was made by MakeWindow, so it can be understood.
Window WindowOf(const v1::MaintenanceWindow& kept);
v1::MaintenanceWindow KeptWindow(const WindowConfig& config);
// With the fields that are filled in when it is listed.
v1::MaintenanceWindow ListedWindow(v1::MaintenanceWindow kept, absl::TimeZone zone, absl::Time now);

}  // namespace steward::collector
