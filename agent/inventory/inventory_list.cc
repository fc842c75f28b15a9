// Every source of this platform's inventory: one line each, in the order of the report.
#include <utility>

#include "agent/inventory/disk.h"
#include "agent/inventory/firmware.h"
#include "agent/inventory/identity.h"
#include "agent/inventory/job.h"
#include "agent/inventory/listener.h"
#include "agent/inventory/memory.h"
#include "agent/inventory/network.h"
#include "agent/inventory/os.h"
#include "agent/inventory/package.h"
#include "agent/inventory/peripheral.h"
#include "agent/inventory/power.h"
#include "agent/inventory/posture.h"
#include "agent/inventory/processor.h"
#include "agent/inventory/service.h"
#include "agent/inventory/update.h"
#include "agent/inventory/user.h"
#include "agent/inventory/volume.h"

namespace steward::agent {

std::vector<std::unique_ptr<InventorySource>> MakeInventorySources(Platform& platform, std::shared_ptr<PackageUpdates> updates) {
  std::vector<std::unique_ptr<InventorySource>> sources;
  sources.push_back(MakeIdentityInventory(platform));
  sources.push_back(MakeOsInventory(platform));
  sources.push_back(MakeProcessorInventory(platform));
  sources.push_back(MakeMemoryInventory(platform));
  sources.push_back(MakeDiskInventory(platform));
  sources.push_back(MakeVolumeInventory(platform));
  sources.push_back(MakeNetworkInventory(platform));
  sources.push_back(MakePackageInventory(platform));
  sources.push_back(MakeUserInventory(platform));
  sources.push_back(MakeServiceInventory(platform));
  sources.push_back(MakeJobInventory(platform));
  sources.push_back(MakeUpdateInventory(platform, std::move(updates)));
  sources.push_back(MakePowerInventory(platform));
  sources.push_back(MakePeripheralInventory(platform));
  sources.push_back(MakeListenerInventory(platform));
  sources.push_back(MakePostureInventory(platform));
  sources.push_back(MakeFirmwareInventory(platform));
  return sources;
}

}  // namespace steward::agent
