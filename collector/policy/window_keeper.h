// Keeps the maintenance windows: those of the policy and those that people add, which are stored.
#pragma once

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "base/clock.h"
#include "boost/asio/any_io_executor.hpp"
#include "collector/config/policy_config.h"
#include "collector/issues/window_book.h"
#include "collector/policy/window_desk.h"
#include "collector/storage/storage.h"

namespace steward::collector {

// Lives on the core thread; the desk's calls may come from any. Added windows are one setting: there are few, they are read
// whole at the start and written whole when one changes.
class WindowKeeper final : public WindowDesk {
 public:
  static constexpr std::size_t kWindowsMax = 500;              // added ones
  static constexpr absl::Duration kKeptAfter = absl::Hours(30 * 24);  // once they are over

  WindowKeeper(Storage& storage, Clock& clock, boost::asio::any_io_executor executor);
  ~WindowKeeper() override;

  // Takes up what was stored. Errors: the storage's; DataLoss: it cannot be understood.
  absl::Status Load();
  // The policy's windows, and by which clocks all of them are kept.
  void UsePolicy(const PolicyConfig& policy, WindowZones zones);
  WindowBook& book() { return book_; }

  void AddWindow(v1::AddWindowRequest request, std::optional<MachineRecord> machine, Actor actor, Done done) override;
  void ConfirmWindow(v1::ConfirmWindowRequest request, Actor actor, Done done) override;
  void RemoveWindow(v1::RemoveWindowRequest request, Actor actor, Done done) override;
  void ListWindows(v1::ListWindowsRequest request, std::function<void(absl::StatusOr<v1::ListWindowsResponse>)> done) override;

 private:
  // Changes the stored list within the write and answers with the window that it returns.
  using Change = std::function<absl::StatusOr<v1::MaintenanceWindow>(v1::WindowList& list)>;
  void Store(Change change, AuditRecord audit, Done done);
  // `task` on the core thread; `refuse` if this has ended.
  void Post(std::function<void()> task, std::function<void(absl::Status)> refuse);
  void Publish();
  absl::TimeZone ZoneOf(const v1::MaintenanceWindow& window) const { return book_.zones().Of(window.site()); }

  Storage& storage_;
  Clock& clock_;
  boost::asio::any_io_executor executor_;
  v1::WindowList added_;
  std::vector<v1::MaintenanceWindow> of_policy_;
  WindowBook book_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace steward::collector
