#include "collector/storage/sqlite/inventory.h"

#include <algorithm>
#include <limits>

#include "absl/strings/str_cat.h"
#include "collector/storage/inventory_diff.h"
#include "collector/storage/sqlite/machines.h"
#include "collector/storage/stored_time.h"
#include "steward/v1/inventory.pb.h"

namespace steward::collector {
namespace {

std::vector<FactRecord> Facts(Connection& connection, std::int64_t machine) {
  Query query(connection,
              "SELECT fact.fact_group, fact.name, fact.value, fact.first_seen_ms, inventory.seen_ms FROM fact "
              "JOIN inventory ON inventory.machine = fact.machine WHERE fact.machine = ?1 "
              "ORDER BY fact.fact_group, fact.name",
              machine);
  std::vector<FactRecord> facts;
  while (query.Next()) {
    facts.push_back({query.Text(0), query.Text(1), query.Text(2), FromStoredMs(query.Integer(3)),
                     FromStoredMs(query.Integer(4))});
  }
  return facts;
}

void PutFact(Connection& connection, std::int64_t machine, const v1::Fact& fact, std::int64_t now_ms) {
  Query(connection,
        "INSERT INTO fact (machine, fact_group, name, value, first_seen_ms) VALUES (?1, ?2, ?3, ?4, ?5) "
        "ON CONFLICT (machine, fact_group, name) DO UPDATE SET value = excluded.value",
        machine, fact.group(), fact.key(), fact.value(), now_ms)
      .Run();
}

void WriteChange(Connection& connection, std::int64_t machine, const ChangeRecord& change) {
  Query(connection,
        "INSERT INTO fact_change (machine, time_ms, fact_group, name, old_value, new_value) "
        "VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        machine, ToStoredMs(change.time), change.group, change.key, change.old_value, change.new_value)
      .Run();
}

}  // namespace

absl::StatusOr<std::vector<FactRecord>> ListFacts(Connection& connection, std::string_view machine_id) {
  const auto machine = FindMachineKey(connection, machine_id);
  return machine.has_value() ? Facts(connection, *machine) : std::vector<FactRecord>();
}

absl::StatusOr<std::string> FactValue(Connection& connection, std::string_view machine_id, std::string_view group, std::string_view key) {
  const auto machine = FindMachineKey(connection, machine_id);
  if (machine.has_value()) {
    Query query(connection, "SELECT value FROM fact WHERE machine = ?1 AND fact_group = ?2 AND name = ?3", *machine, group, key);
    if (query.Next()) return query.Text(0);
  }
  return absl::NotFoundError("no such fact");
}

absl::StatusOr<std::vector<ChangeRecord>> ListChanges(Connection& connection, std::string_view machine_id,
                                                      std::size_t max) {
  std::vector<ChangeRecord> changes;
  const auto machine = FindMachineKey(connection, machine_id);
  if (!machine.has_value()) return changes;
  constexpr std::size_t kLimitMax = std::numeric_limits<std::int64_t>::max();
  Query query(connection,
              "SELECT time_ms, fact_group, name, old_value, new_value FROM fact_change WHERE machine = ?1 "
              "ORDER BY time_ms DESC, id DESC LIMIT ?2",
              *machine, static_cast<std::int64_t>(std::min(max, kLimitMax)));
  while (query.Next()) {
    ChangeRecord change{FromStoredMs(query.Integer(0)), query.Text(1), query.Text(2), std::nullopt, std::nullopt};
    if (!query.IsNull(3)) change.old_value = query.Text(3);
    if (!query.IsNull(4)) change.new_value = query.Text(4);
    changes.push_back(std::move(change));
  }
  return changes;
}

absl::StatusOr<std::vector<v1::SourceNote>> ListInventoryNotes(Connection& connection, std::string_view machine_id) {
  std::vector<v1::SourceNote> notes;
  const auto machine = FindMachineKey(connection, machine_id);
  if (!machine.has_value()) return notes;
  Query query(connection, "SELECT notes FROM inventory WHERE machine = ?1", *machine);
  v1::Inventory holder;
  if (query.Next()) {
    if (!holder.ParseFromString(query.Text(0))) {
      return absl::DataLossError(absl::StrCat("the inventory notes of machine ", std::string(machine_id),
                                              " are damaged; the next inventory replaces them"));
    }
    notes.assign(holder.notes().begin(), holder.notes().end());
  }
  return notes;
}

absl::Status PutInventory(Connection& connection, std::string_view machine_id, const v1::Inventory& inventory,
                          absl::Time now) {
  const auto machine = MachineKey(connection, machine_id);
  if (!machine.ok()) return machine.status();
  bool first_set = false;
  {
    Query known(connection, "SELECT machine FROM inventory WHERE machine = ?1", *machine);
    first_set = !known.Next();
  }
  const auto diff = DiffInventory(Facts(connection, *machine), inventory, now);
  if (!diff.ok()) return diff.status();

  const std::int64_t now_ms = ToStoredMs(now);
  for (const v1::Fact* fact : diff->added) PutFact(connection, *machine, *fact, now_ms);
  for (const v1::Fact* fact : diff->changed) PutFact(connection, *machine, *fact, now_ms);
  for (const FactRecord& fact : diff->ended) {
    Query(connection, "DELETE FROM fact WHERE machine = ?1 AND fact_group = ?2 AND name = ?3", *machine, fact.group,
          fact.key)
        .Run();
  }
  if (!first_set) {
    for (const ChangeRecord& change : diff->changes) WriteChange(connection, *machine, change);
  }
  v1::Inventory holder;
  *holder.mutable_notes() = inventory.notes();
  const std::string notes = holder.SerializeAsString();
  Query(connection,
        "INSERT INTO inventory (machine, seen_ms, digest, notes) VALUES (?1, ?2, ?3, ?4) ON CONFLICT (machine) "
        "DO UPDATE SET seen_ms = excluded.seen_ms, digest = excluded.digest, notes = excluded.notes",
        *machine, now_ms, Bytes(inventory.digest()), Bytes(notes))
      .Run();
  return absl::OkStatus();
}

}  // namespace steward::collector
