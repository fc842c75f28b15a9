#include "collector/storage/sqlite/machines.h"

#include <algorithm>
#include <deque>

#include "absl/strings/str_cat.h"
#include "collector/storage/stored_time.h"

namespace steward::collector {
namespace {

// A machine was last seen with the newest batch of its runs, or of those that became blocks (last_seen_ms).
#define STEWARD_SELECT_MACHINE                                                                                        \
  "SELECT id, host_name, instance, site, class, state, hardware_fingerprint, operating_system, agent_version, "      \
  "address, enrolled_ms, certificate_expire_ms, "                                                                     \
  "MAX(last_seen_ms, IFNULL((SELECT MAX(time_max_ms) FROM run WHERE run.machine = machine.key), last_seen_ms)), "     \
  "interval_ms, IFNULL((SELECT digest FROM inventory WHERE inventory.machine = machine.key), x''), "          \
  "continued_as FROM machine "

MachineRecord ReadMachine(Query& row) {
  MachineRecord machine;
  machine.id = row.Text(0);
  machine.host_name = row.Text(1);
  machine.instance = row.Text(2);
  machine.site = row.Text(3);
  machine.machine_class = row.Text(4);
  machine.state = static_cast<MachineState>(row.Integer(5));
  machine.hardware_fingerprint = row.Text(6);
  machine.operating_system = row.Text(7);
  machine.agent_version = row.Text(8);
  machine.address = row.Text(9);
  machine.enrolled_time = FromStoredMs(row.Integer(10));
  machine.certificate_expire_time = FromStoredMs(row.Integer(11));
  machine.last_seen_time = FromStoredMs(row.Integer(12));
  machine.interval = absl::Milliseconds(row.Integer(13));
  machine.inventory_digest = row.Text(14);
  machine.continued_as = row.Text(15);
  return machine;
}

}  // namespace

std::optional<std::int64_t> FindMachineKey(Connection& connection, std::string_view id) {
  Query query(connection, "SELECT key FROM machine WHERE id = ?1", id);
  return query.Next() ? std::optional<std::int64_t>(query.Integer(0)) : std::nullopt;
}

absl::StatusOr<std::int64_t> MachineKey(Connection& connection, std::string_view id) {
  const auto key = FindMachineKey(connection, id);
  if (!key.has_value()) return absl::NotFoundError(absl::StrCat("no machine ", std::string(id)));
  return *key;
}

absl::StatusOr<std::vector<std::int64_t>> MachineKeys(Connection& connection, std::string_view id) {
  const auto own = MachineKey(connection, id);
  if (!own.ok()) return own.status();
  std::vector<std::int64_t> keys{*own};
  std::deque<std::string> ids{std::string(id)};  // what is bound stays where it is
  for (std::size_t next = 0; next < ids.size(); ++next) {
    Query query(connection, "SELECT key, id FROM machine WHERE continued_as = ?1 AND continued_as <> ''", ids[next]);
    while (query.Next()) {
      if (std::find(keys.begin(), keys.end(), query.Integer(0)) != keys.end()) continue;
      keys.push_back(query.Integer(0));
      ids.push_back(query.Text(1));
    }
  }
  return keys;
}

absl::StatusOr<std::vector<MachineRecord>> ListMachines(Connection& connection) {
  Query query(connection, STEWARD_SELECT_MACHINE "ORDER BY host_name, id");
  std::vector<MachineRecord> machines;
  while (query.Next()) machines.push_back(ReadMachine(query));
  return machines;
}

absl::StatusOr<MachineRecord> GetMachine(Connection& connection, std::string_view id) {
  Query query(connection, STEWARD_SELECT_MACHINE "WHERE id = ?1", id);
  if (!query.Next()) return absl::NotFoundError(absl::StrCat("no machine ", std::string(id)));
  return ReadMachine(query);
}

absl::Status PutMachine(Connection& connection, const MachineRecord& machine) {
  if (machine.state == MachineState::kActive && !machine.instance.empty()) {
    Query other(connection, "SELECT id FROM machine WHERE instance = ?1 AND instance <> '' AND state = 1 AND id <> ?2",
                machine.instance, machine.id);
    if (other.Next()) {
      return absl::AlreadyExistsError(absl::StrCat("instance ", machine.instance, " is machine ", other.Text(0), "'s"));
    }
  }
  Query(connection,
        "INSERT INTO machine (id, host_name, instance, site, class, state, hardware_fingerprint, operating_system, "
        "agent_version, address, enrolled_ms, certificate_expire_ms, last_seen_ms, interval_ms, continued_as) "
        "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15) "
        "ON CONFLICT (id) DO UPDATE SET host_name = excluded.host_name, instance = excluded.instance, "
        "site = excluded.site, class = excluded.class, state = excluded.state, "
        "hardware_fingerprint = excluded.hardware_fingerprint, operating_system = excluded.operating_system, "
        "agent_version = excluded.agent_version, address = excluded.address, enrolled_ms = excluded.enrolled_ms, "
        "certificate_expire_ms = excluded.certificate_expire_ms, "
        "last_seen_ms = MAX(last_seen_ms, excluded.last_seen_ms), interval_ms = excluded.interval_ms, "
        "continued_as = excluded.continued_as",
        machine.id, machine.host_name, machine.instance, machine.site, machine.machine_class,
        static_cast<std::int64_t>(machine.state), machine.hardware_fingerprint, machine.operating_system,
        machine.agent_version, machine.address, ToStoredMs(machine.enrolled_time),
        ToStoredMs(machine.certificate_expire_time), ToStoredMs(machine.last_seen_time),
        absl::ToInt64Milliseconds(machine.interval), machine.continued_as)
      .Run();
  return absl::OkStatus();
}

absl::StatusOr<std::optional<std::string>> GetSetting(Connection& connection, std::string_view key) {
  Query query(connection, "SELECT value FROM setting WHERE name = ?1", key);
  return query.Next() ? std::optional<std::string>(query.Text(0)) : std::nullopt;
}

absl::Status PutSetting(Connection& connection, std::string_view key, std::string_view value) {
  Query(connection,
        "INSERT INTO setting (name, value) VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
        key, Bytes(value))
      .Run();
  return absl::OkStatus();
}

}  // namespace steward::collector
