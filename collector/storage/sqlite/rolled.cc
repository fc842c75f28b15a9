#include "collector/storage/sqlite/rolled.h"

#include <algorithm>
#include <limits>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "base/text.h"
#include "spdlog/spdlog.h"

namespace steward::collector {
namespace {

constexpr std::int64_t kPiecesMax = 24;  // of a period that goes on
constexpr std::int64_t kPeriodsPerCall = 20;  // of some 200 KiB each

void InsertPiece(Connection& connection, std::int64_t machine, std::int64_t tier, std::int64_t period,
                 const std::string& content) {
  Query(connection, "INSERT INTO rolled (machine, tier, period, coding, content) VALUES (?1, ?2, ?3, ?4, ?5)", machine,
        tier, period, kRolledCoding, Bytes(content))
      .Run();
}

struct Period {
  std::int64_t machine = 0;
  std::int64_t tier = 0;
  std::int64_t number = 0;
};

std::optional<Period> FindScattered(Connection& connection) {
  Query query(
      connection,
      "SELECT machine, tier, period FROM rolled AS piece GROUP BY machine, tier, period HAVING COUNT(*) > 1 AND "
      "(COUNT(*) > ?1 OR EXISTS (SELECT 1 FROM rolled WHERE machine = piece.machine AND tier = piece.tier AND "
      "period > piece.period)) LIMIT 1",
      kPiecesMax);
  if (!query.Next()) return std::nullopt;
  return Period{query.Integer(0), query.Integer(1), query.Integer(2)};
}

absl::Status AddAll(RolledPack& pack, RolledSet& set) {
  for (std::size_t i = 0; i < pack.series().size(); ++i) {
    RolledSeries series = pack.series()[i];
    if (absl::Status status = pack.Read(i, series.points); !status.ok()) return status;
    set.Add(std::move(series));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<RolledPack> OpenPiece(const Connection& connection, std::int64_t coding, std::string_view content) {
  if (coding == kRolledCoding) return RolledPack::Open(content);
  return absl::DataLossError(StrCat(connection.path().string(), ": rolled-up samples of coding ", coding,
                                    " are not known; they were written by a newer Steward"));
}

void AddPieces(Connection& connection, std::int64_t machine, const Tier& tier, const RolledSet& set) {
  std::map<std::int64_t, std::vector<RolledSeries>> periods;
  set.ForEach([&](const RolledSeries& series) {
    for (const RolledPoint& point : series.points) {
      std::vector<RolledSeries>& of_period = periods[FloorDivide(point.bucket, tier.period_buckets)];
      if (of_period.empty() || of_period.back().metric != series.metric || of_period.back().labels != series.labels) {
        of_period.push_back({series.metric, series.labels, series.numerator, series.denominator, {}});
      }
      of_period.back().points.push_back(point);
    }
  });
  for (const auto& [period, series] : periods) {
    InsertPiece(connection, machine, tier.number, period, PackRolled(tier.bucket_ms, series));
  }
}

absl::Status ReadPieces(Connection& connection, std::int64_t machine, const Tier& tier, std::int64_t from_ms,
                        std::int64_t to_ms, absl::FunctionRef<absl::Status(RolledPack&)> take) {
  Query query(connection,
              "SELECT coding, content FROM rolled WHERE machine = ?1 AND tier = ?2 AND period BETWEEN ?3 AND ?4 "
              "ORDER BY period, key",
              machine, tier.number, FloorDivide(from_ms, tier.period_ms()), FloorDivide(to_ms, tier.period_ms()));
  while (query.Next()) {
    auto pack = OpenPiece(connection, query.Integer(0), query.View(1));
    if (!pack.ok()) return pack.status();
    if (absl::Status status = take(*pack); !status.ok()) return status;
  }
  return absl::OkStatus();
}

bool CompactOne(Connection& connection) {
  const std::optional<Period> period = FindScattered(connection);
  if (!period.has_value()) return false;
  RolledSet set;
  {
    Query query(connection,
                "SELECT coding, content, key FROM rolled WHERE machine = ?1 AND tier = ?2 AND period = ?3 ORDER BY key",
                period->machine, period->tier, period->number);
    while (query.Next()) {
      auto pack = OpenPiece(connection, query.Integer(0), query.View(1));
      RolledSet read;  // all of a piece or nothing
      absl::Status status = pack.ok() ? AddAll(*pack, read) : pack.status();
      if (status.ok()) {
        read.ForEach([&](const RolledSeries& series) { set.Add(series); });
      } else {
        spdlog::error("a piece of rolled-up samples is given up, key {}: {}", query.Integer(2),
                      ToStd(status.message()));
      }
    }
  }
  Query(connection, "DELETE FROM rolled WHERE machine = ?1 AND tier = ?2 AND period = ?3", period->machine,
        period->tier, period->number)
      .Run();
  AddPieces(connection, period->machine, period->tier == kHours.number ? kHours : kFiveMinutes, set);
  return true;
}

bool ExpireTier(Connection& connection, const Tier& tier, std::int64_t before_ms) {
  const std::int64_t deleted =
      Query(connection,
            "DELETE FROM rolled WHERE key IN (SELECT key FROM rolled WHERE tier = ?1 AND period < ?2 LIMIT ?3)",
            tier.number, FloorDivide(before_ms, tier.period_ms()), kPeriodsPerCall)
          .Run();
  return deleted > 0;
}

std::int64_t FiveMinutesFromMs(Connection& connection) {
  Query query(connection, "SELECT value FROM meta WHERE name = 'five_minutes_from_ms'");
  return query.Next() ? query.Integer(0) : std::numeric_limits<std::int64_t>::min();
}

void SetFiveMinutesFromMs(Connection& connection, std::int64_t from_ms) {
  if (from_ms <= FiveMinutesFromMs(connection)) return;
  Query(connection,
        "INSERT INTO meta (name, value) VALUES ('five_minutes_from_ms', ?1) "
        "ON CONFLICT (name) DO UPDATE SET value = excluded.value",
        from_ms)
      .Run();
}

}  // namespace steward::collector
