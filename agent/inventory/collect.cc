#include <algorithm>
#include <utility>

#include "agent/inventory/inventory.h"

namespace steward::agent {

std::vector<InventoryGroup> CollectInventory(std::vector<std::unique_ptr<InventorySource>>& sources,
                                             const std::function<InventoryGroup(std::string_view group)>& in_place_of_slow) {
  std::vector<InventoryGroup> groups;
  for (const std::unique_ptr<InventorySource>& source : sources) {
    if (in_place_of_slow && source->slow()) {
      groups.push_back(in_place_of_slow(source->group()));
      continue;
    }
    InventoryGroup group;
    group.group = std::string(source->group());
    const absl::Status status = source->Collect(group.facts);
    if (!status.ok()) group.note = std::string(status.message());
    std::stable_sort(group.facts.begin(), group.facts.end(),
                     [](const Fact& left, const Fact& right) { return left.key < right.key; });
    const auto last = std::unique(group.facts.begin(), group.facts.end(),
                                  [](const Fact& left, const Fact& right) { return left.key == right.key; });
    group.facts.erase(last, group.facts.end());
    groups.push_back(std::move(group));
  }
  return groups;
}

}  // namespace steward::agent
