#include <optional>
#include <utility>

#include "collector/api/machine_lookup.h"
#include "collector/api/services.h"
#include "collector/issues/actor.h"

namespace steward::collector {
namespace {

// The answer that holds the window.
template <typename Response>
WindowDesk::Done Answering(RpcTable::Done<Response> done) {
  return [done = std::move(done)](absl::StatusOr<v1::MaintenanceWindow> window) {
    if (!window.ok()) return done(window.status());
    Response response;
    *response.mutable_window() = *std::move(window);
    done(std::move(response));
  };
}

void AddWindow(Storage& storage, WindowDesk& desk, const Caller& caller, const v1::AddWindowRequest& request,
               RpcTable::Done<v1::AddWindowResponse> done) {
  std::optional<MachineRecord> machine;
  const absl::Status read = storage.Read([&](StorageReader& reader) {
    if (request.machine().empty()) return absl::OkStatus();
    auto found = FindMachine(reader, request.machine());
    if (found.ok()) machine = *std::move(found);
    return found.status();
  });
  if (!read.ok()) return done(read);
  desk.AddWindow(request, std::move(machine), ActorOf(caller), Answering(std::move(done)));
}

}  // namespace

void AddWindowService(Storage& storage, WindowDesk& desk, RpcTable& rpc) {
  rpc.Add<v1::AddWindowRequest, v1::AddWindowResponse>(
      "steward.v1.WindowService.AddWindow", [&](const Caller& caller, const auto& request, auto done) {
        AddWindow(storage, desk, caller, request, std::move(done));
      });
  rpc.Add<v1::ConfirmWindowRequest, v1::ConfirmWindowResponse>(
      "steward.v1.WindowService.ConfirmWindow", [&](const Caller& caller, const auto& request, auto done) {
        desk.ConfirmWindow(request, ActorOf(caller), Answering(std::move(done)));
      });
  rpc.Add<v1::RemoveWindowRequest, v1::RemoveWindowResponse>(
      "steward.v1.WindowService.RemoveWindow", [&](const Caller& caller, const auto& request, auto done) {
        desk.RemoveWindow(request, ActorOf(caller), Answering(std::move(done)));
      });
  rpc.Add<v1::ListWindowsRequest, v1::ListWindowsResponse>(
      "steward.v1.WindowService.ListWindows",
      [&](const Caller&, const auto& request, auto done) { desk.ListWindows(request, std::move(done)); });
}

}  // namespace steward::collector
