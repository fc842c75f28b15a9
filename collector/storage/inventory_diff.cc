#include "collector/storage/inventory_diff.h"

#include <algorithm>
#include <tuple>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace steward::collector {
namespace {

absl::StatusOr<std::vector<const v1::Fact*>> SortedFacts(const v1::Inventory& inventory) {
  std::vector<const v1::Fact*> facts;
  facts.reserve(static_cast<std::size_t>(inventory.facts_size()));
  for (const v1::Fact& fact : inventory.facts()) facts.push_back(&fact);
  const auto key = [](const v1::Fact* fact) { return std::tie(fact->group(), fact->key()); };
  const auto before = [&](const v1::Fact* a, const v1::Fact* b) { return key(a) < key(b); };
  if (!std::is_sorted(facts.begin(), facts.end(), before)) std::sort(facts.begin(), facts.end(), before);
  const auto twice = std::adjacent_find(facts.begin(), facts.end(),
                                        [&](const v1::Fact* a, const v1::Fact* b) { return key(a) == key(b); });
  if (twice != facts.end()) {
    return absl::InvalidArgumentError(absl::StrCat("inventory holds the fact ", (*twice)->group(), " / ", (*twice)->key(),
                                                   " twice; group and key are unique in a machine"));
  }
  return facts;
}

}  // namespace

absl::StatusOr<InventoryDiff> DiffInventory(absl::Span<const FactRecord> stored, const v1::Inventory& inventory,
                                            absl::Time now) {
  const auto facts = SortedFacts(inventory);
  if (!facts.ok()) return facts.status();
  InventoryDiff diff;
  auto old_fact = stored.begin();
  auto new_fact = facts->begin();
  while (old_fact != stored.end() || new_fact != facts->end()) {
    int order = 0;  // negative: only in the stored set, positive: only in the new one
    if (old_fact == stored.end()) {
      order = 1;
    } else if (new_fact == facts->end()) {
      order = -1;
    } else {
      order = old_fact->group.compare((*new_fact)->group());
      if (order == 0) order = old_fact->key.compare((*new_fact)->key());
    }
    if (order < 0) {
      diff.changes.push_back({now, old_fact->group, old_fact->key, old_fact->value, std::nullopt});
      diff.ended.push_back(*old_fact);
    } else if (order > 0) {
      const v1::Fact& fact = **new_fact;
      diff.changes.push_back({now, fact.group(), fact.key(), std::nullopt, fact.value()});
      diff.added.push_back(&fact);
    } else if (old_fact->value != (*new_fact)->value()) {
      const v1::Fact& fact = **new_fact;
      diff.changes.push_back({now, fact.group(), fact.key(), old_fact->value, fact.value()});
      diff.changed.push_back(&fact);
    }
    if (order <= 0) ++old_fact;
    if (order >= 0) ++new_fact;
  }
  return diff;
}

}  // namespace steward::collector
