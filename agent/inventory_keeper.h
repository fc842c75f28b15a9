// Collects the inventory in a thread of its own, at start, once a day (jittered) and when something it watches has changed,
// and keeps the newest on disk: <state>/inventory.pb. In memory is only its digest.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "agent/inventory/inventory.h"
#include "agent/uplink/session.h"
#include "base/clock.h"
#include "boost/asio/any_io_executor.hpp"

namespace steward::agent {

class InventoryKeeper {
 public:
  static constexpr absl::Duration kBetweenCollections = absl::Minutes(5);

  struct Parts {
    boost::asio::any_io_executor executor;
    Clock& clock;
    std::filesystem::path file;
    // In the worker thread: the groups as the sources give them.
    std::function<std::vector<InventoryGroup>()> collect;
    // Cheap, on the executor, every quarter of an hour: another text means that something has changed.
    std::function<std::string()> change_mark;
    // On the executor: there is an inventory, new or as before.
    std::function<void(InventoryOffer)> offer;
    std::uint64_t seed = 0;
  };

  explicit InventoryKeeper(Parts parts);
  ~InventoryKeeper();  // waits for a collection that is under way
  void Start();
  // Compares the change_mark now, not at the next quarter of an hour.
  void Look();
  // There is something to tell that should not wait so long: as Look, but at most once in kBetweenCollections.
  void LookSoon();

 private:
  void Collect();
  void Check();

  const Parts parts_;
  std::mt19937_64 random_;
  std::unique_ptr<Timer> timer_;
  std::thread worker_;
  bool collecting_ = false;
  bool again_ = false;  // something has changed since the collection under way began
  std::string mark_;
  absl::Duration next_boot_;
  absl::Duration soon_boot_ = -absl::InfiniteDuration();  // when LookSoon looked last
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

// The facts that the inventory in `file` has of a group; none and a note if there is no such inventory yet.
InventoryGroup KeptGroup(const std::filesystem::path& file, std::string_view group);

// As it travels: text escaped, sorted, unique, with its digest.
v1::Inventory MakeInventory(const std::vector<InventoryGroup>& groups, absl::Time now);

}  // namespace steward::agent
