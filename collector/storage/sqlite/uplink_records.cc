#include "collector/storage/sqlite/uplink_records.h"

#include <utility>

#include "collector/storage/sqlite/machines.h"
#include "collector/storage/sqlite/stored_batches.h"
#include "collector/storage/stored_time.h"
#include "proto/wire/bytes.h"

namespace steward::collector {
namespace {

std::string PackPoints(const std::vector<BootClockPoint>& points) {
  std::string packed;
  for (const BootClockPoint& point : points) {
    wire::AppendVarint(wire::ZigZag(point.boot_ms), packed);
    wire::AppendVarint(wire::ZigZag(point.wall_ms), packed);
  }
  return packed;
}

absl::StatusOr<std::vector<BootClockPoint>> UnpackPoints(std::string_view packed) {
  std::vector<BootClockPoint> points;
  wire::ByteReader in(packed);
  while (!in.at_end()) {
    const std::int64_t boot_ms = wire::UnZigZag(in.Varint());
    const std::int64_t wall_ms = wire::UnZigZag(in.Varint());
    if (!in.ok()) return absl::DataLossError("a stored boot clock cannot be read");
    points.push_back({boot_ms, wall_ms});
  }
  return points;
}

}  // namespace

absl::StatusOr<std::optional<std::string>> CommittedPayload(Connection& connection, std::string_view machine_id,
                                                            std::uint64_t epoch, std::uint64_t sequence) {
  for (const Run& run : RunsOf(connection, FindMachineKey(connection, machine_id).value_or(0), epoch)) {
    if (sequence < run.sequence_first || sequence > run.sequence_last) continue;
    BatchBytes bytes;
    std::vector<StoredBatch> batches;
    if (auto status = ReadRun(connection, run, bytes, batches); !status.ok()) return status;
    for (const StoredBatch& batch : batches) {
      if (batch.sequence == sequence) return std::string(batch.samples);
    }
  }
  return std::nullopt;
}

absl::StatusOr<std::vector<BootClockRecord>> ListBootClocks(Connection& connection, std::string_view machine_id) {
  std::vector<BootClockRecord> clocks;
  Query query(connection,
              "SELECT boot_id, estimated, wall_error_ms, measured_ms, points FROM boot_clock "
              "WHERE machine = ?1 ORDER BY measured_ms DESC, boot_id",
              FindMachineKey(connection, machine_id).value_or(0));
  while (query.Next()) {
    auto points = UnpackPoints(query.View(4));
    if (!points.ok()) return points.status();
    clocks.push_back({query.Text(0), query.Integer(1) != 0, query.Integer(2), FromStoredMs(query.Integer(3)), *std::move(points)});
  }
  return clocks;
}

absl::Status PutBootClock(Connection& connection, std::string_view machine_id, const BootClockRecord& clock) {
  const auto machine = MachineKey(connection, machine_id);
  if (!machine.ok()) return machine.status();
  const std::string points = PackPoints(clock.points);
  Query(connection,
        "INSERT INTO boot_clock (machine, boot_id, estimated, wall_error_ms, measured_ms, points) "
        "VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT (machine, boot_id) DO UPDATE SET estimated = excluded.estimated, "
        "wall_error_ms = excluded.wall_error_ms, measured_ms = excluded.measured_ms, points = excluded.points",
        *machine, clock.boot_id, clock.estimated, clock.wall_error_ms, ToStoredMs(clock.measured_time), Bytes(points))
      .Run();
  Query(connection,
        "DELETE FROM boot_clock WHERE machine = ?1 AND boot_id IN (SELECT boot_id FROM boot_clock WHERE machine = ?1 "
        "ORDER BY measured_ms DESC, boot_id LIMIT -1 OFFSET ?2)",
        *machine, static_cast<std::int64_t>(kBootClocksMax))
      .Run();
  return absl::OkStatus();
}

absl::StatusOr<std::vector<GapRecord>> ListGaps(Connection& connection, std::string_view machine_id) {
  std::vector<GapRecord> gaps;
  Query query(connection,
              "SELECT epoch, sequence_first, sequence_last, cause, sample_count, from_ms, to_ms, told_ms FROM gap "
              "WHERE machine = ?1 ORDER BY told_ms, epoch, sequence_first",
              FindMachineKey(connection, machine_id).value_or(0));
  while (query.Next()) {
    GapRecord gap;
    gap.epoch = query.Unsigned(0);
    gap.range = {query.Unsigned(1), query.Unsigned(2)};
    gap.cause = static_cast<v1::GapDeclaration::Cause>(query.Integer(3));
    gap.sample_count = query.Unsigned(4);
    gap.from_time = FromStoredMs(query.Integer(5));
    gap.to_time = FromStoredMs(query.Integer(6));
    gap.told_time = FromStoredMs(query.Integer(7));
    gaps.push_back(gap);
  }
  return gaps;
}

absl::Status PutGap(Connection& connection, std::string_view machine_id, const GapRecord& gap) {
  const auto machine = MachineKey(connection, machine_id);
  if (!machine.ok()) return machine.status();
  Query(connection,
        "DELETE FROM gap WHERE machine = ?1 AND epoch = ?2 AND sequence_first >= ?3 AND sequence_last <= ?4", *machine,
        gap.epoch, gap.range.first, gap.range.last)
      .Run();
  Query(connection,
        "INSERT INTO gap (machine, epoch, sequence_first, sequence_last, cause, sample_count, from_ms, to_ms, told_ms) "
        "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) ON CONFLICT (machine, epoch, sequence_first) DO NOTHING",
        *machine, gap.epoch, gap.range.first, gap.range.last, static_cast<std::int64_t>(gap.cause), gap.sample_count,
        ToStoredMs(gap.from_time), ToStoredMs(gap.to_time), ToStoredMs(gap.told_time))
      .Run();
  Query(connection,
        "DELETE FROM gap WHERE machine = ?1 AND (epoch, sequence_first) IN (SELECT epoch, sequence_first FROM gap "
        "WHERE machine = ?1 ORDER BY told_ms DESC, epoch DESC, sequence_first DESC LIMIT -1 OFFSET ?2)",
        *machine, static_cast<std::int64_t>(kGapsMax))
      .Run();
  return absl::OkStatus();
}

}  // namespace steward::collector
