// What is plugged into the machine and belongs to the company: displays, and printers at USB. Other things at USB are left out:
// they come and go with a person's pocket.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "agent/inventory/inventory.h"

namespace steward::agent {

// What a display says of itself by VESA's EDID (1.3, 1.4), the base block alone.
struct Display {
  std::string maker;  // three letters by the register of PNP ids, "DEL"
  std::string model;  // its name, else the product's number, "A0C4"
  std::string serial;
  int year = 0;       // made in; 0: not told
  int width_cm = 0;   // of the picture; 0: not told
  int height_cm = 0;
};
// nullopt: shorter than a block, another header, or its checksum is wrong.
std::optional<Display> ParseEdid(std::string_view edid);

std::unique_ptr<InventorySource> MakePeripheralInventory(Platform& platform);

}  // namespace steward::agent
