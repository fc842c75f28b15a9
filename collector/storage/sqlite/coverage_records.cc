#include "collector/storage/sqlite/coverage_records.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "collector/storage/sqlite/machines.h"
#include "collector/storage/stored_time.h"

namespace steward::collector {
namespace {

constexpr std::int64_t kDayMs = 86'400'000;
constexpr std::int64_t kDaysBackMax = 400;

absl::StatusOr<std::optional<CoverageRow>> FindDay(Connection& connection, std::int64_t machine, std::int64_t day) {
  Query query(connection, "SELECT content FROM coverage WHERE day = ?1 AND machine = ?2", day, machine);
  if (!query.Next()) return std::optional<CoverageRow>();
  CoverageRow row;
  row.day = day;
  const std::string_view content = query.View(0);
  if (!row.record.ParseFromArray(content.data(), static_cast<int>(content.size()))) {
    return absl::DataLossError(absl::StrCat("coverage of day ", day, " is damaged; restore the newest backup"));
  }
  return std::optional<CoverageRow>(std::move(row));
}

}  // namespace

absl::StatusOr<std::vector<CoverageRow>> ListCoverage(Connection& connection, std::string_view machine_id,
                                                      std::int64_t from_day, std::int64_t to_day) {
  std::vector<CoverageRow> rows;
  const auto machine = FindMachineKey(connection, machine_id);
  if (!machine.has_value()) return rows;
  // Day by day: the key begins with the day.
  bool found_before = false;
  for (std::int64_t day = from_day - 1; day >= from_day - kDaysBackMax && !found_before; --day) {
    auto row = FindDay(connection, *machine, day);
    if (!row.ok()) return row.status();
    found_before = row->has_value();
    if (found_before) rows.push_back(**std::move(row));
  }
  for (std::int64_t day = from_day; day <= to_day; ++day) {
    auto row = FindDay(connection, *machine, day);
    if (!row.ok()) return row.status();
    if (row->has_value()) rows.push_back(**std::move(row));
  }
  return rows;
}

absl::Status PutCoverage(Connection& connection, std::string_view machine_id, const CoverageRow& row) {
  const auto machine = MachineKey(connection, machine_id);
  if (!machine.ok()) return machine.status();
  const std::string content = row.record.SerializeAsString();
  Query(connection,
        "INSERT INTO coverage (day, machine, content) VALUES (?1, ?2, ?3) "
        "ON CONFLICT (day, machine) DO UPDATE SET content = excluded.content",
        row.day, *machine, Bytes(content))
      .Run();
  return absl::OkStatus();
}

absl::StatusOr<std::vector<MachineEventRecord>> ListMachineEvents(Connection& connection, std::string_view machine_id,
                                                                  absl::Time from) {
  std::vector<MachineEventRecord> events;
  Query query(connection,
              "SELECT time_ms, kind FROM machine_event WHERE machine = ?1 AND time_ms >= ?2 ORDER BY time_ms, kind",
              FindMachineKey(connection, machine_id).value_or(0), ToStoredMs(from));
  while (query.Next()) {
    events.push_back({FromStoredMs(query.Integer(0)), static_cast<v1::MachineEvent::Kind>(query.Integer(1))});
  }
  return events;
}

absl::Status AddMachineEvent(Connection& connection, std::string_view machine_id, const MachineEventRecord& event) {
  const auto machine = MachineKey(connection, machine_id);
  if (!machine.ok()) return machine.status();
  Query(connection, "INSERT INTO machine_event (machine, time_ms, kind) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING",
        *machine, ToStoredMs(event.time), static_cast<std::int64_t>(event.kind))
      .Run();
  return absl::OkStatus();
}

absl::Status ForgetMachineEvents(Connection& connection, std::string_view machine_id, absl::Time before) {
  Query(connection, "DELETE FROM machine_event WHERE machine = ?1 AND time_ms < ?2",
        FindMachineKey(connection, machine_id).value_or(0), ToStoredMs(before))
      .Run();
  return absl::OkStatus();
}

bool ExpireCoverage(Connection& connection, std::int64_t before_ms, std::int64_t max) {
  const std::int64_t days = Query(connection,
                                  "DELETE FROM coverage WHERE (day, machine) IN "
                                  "(SELECT day, machine FROM coverage WHERE day < ?1 ORDER BY day, machine LIMIT ?2)",
                                  before_ms / kDayMs, max)
                                .Run();
  std::int64_t events = 0;
  std::vector<std::int64_t> machines;
  {
    Query query(connection, "SELECT key FROM machine");
    while (query.Next()) machines.push_back(query.Integer(0));
  }
  for (const std::int64_t machine : machines) {
    events +=
        Query(connection, "DELETE FROM machine_event WHERE machine = ?1 AND time_ms < ?2", machine, before_ms).Run();
  }
  return days == max || events >= max;
}

}  // namespace steward::collector
