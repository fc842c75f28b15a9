// What the machine trusts before the operating system starts: Secure Boot, the TPM; and the BMC beside it. Version and date of
// the firmware itself are in the group "identity".
#pragma once

#include <memory>

#include "agent/inventory/inventory.h"

namespace steward::agent {

std::unique_ptr<InventorySource> MakeFirmwareInventory(Platform& platform);

}  // namespace steward::agent
