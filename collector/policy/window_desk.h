// The way from the management API to the maintenance windows.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "collector/issues/actor.h"
#include "collector/storage/records.h"
#include "steward/v1/window.pb.h"

namespace steward::collector {

// Thread-safe. `done` is called once, on any thread, when the change is durable or refused.
class WindowDesk {
 public:
  using Done = std::function<void(absl::StatusOr<v1::MaintenanceWindow>)>;

  virtual ~WindowDesk() = default;
  // `machine` is the request's, if it names one. Errors: MakeWindow's; ResourceExhausted: there are too many; Unavailable.
  virtual void AddWindow(v1::AddWindowRequest request, std::optional<MachineRecord> machine, Actor actor, Done done) = 0;
  // Errors: NotFound, and ConfirmedWindow's; Unavailable.
  virtual void ConfirmWindow(v1::ConfirmWindowRequest request, Actor actor, Done done) = 0;
  // Errors: NotFound, and CheckRemoval's; Unavailable.
  virtual void RemoveWindow(v1::RemoveWindowRequest request, Actor actor, Done done) = 0;
  virtual void ListWindows(v1::ListWindowsRequest request,
                           std::function<void(absl::StatusOr<v1::ListWindowsResponse>)> done) = 0;
};

}  // namespace steward::collector
