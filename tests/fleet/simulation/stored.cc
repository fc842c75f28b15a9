#include "tests/fleet/simulation/stored.h"

#include <map>

#include "base/text.h"

namespace steward::simulation {
namespace {

using Points = std::multimap<std::int64_t, double>;  // by time

absl::StatusOr<Points> Query(collector::StorageReader& reader, const std::string& machine_id,
                             const std::string& metric) {
  collector::SampleQuery query;
  query.machine_id = machine_id;
  query.metric = metric;
  query.from = absl::FromUnixSeconds(0);
  query.to = absl::FromUnixSeconds(7'258'118'400);  // 2200
  query.points_max = 10'000'000;
  const auto series = reader.QuerySamples(query);
  if (!series.ok()) return series.status();
  Points points;
  for (const collector::SampleSeries& one : *series) {
    for (const collector::SamplePoint& point : one.points) points.emplace(point.time_ms, point.value);
  }
  return points;
}

// Every point must be that number's, and no number that should have one may lack it.
void Compare(const Points& numbers, Points others, const std::string& metric, double factor, bool sometimes,
             std::vector<std::string>& mismatches) {
  for (const auto& [time_ms, number] : numbers) {
    if (sometimes && static_cast<std::int64_t>(number) % 7 >= 5) continue;
    auto [at, end] = others.equal_range(time_ms);
    while (at != end && at->second != number * factor) ++at;
    if (at == end) {
      mismatches.push_back(StrCat(metric, " lacks number ", number));
    } else {
      others.erase(at);
    }
  }
  for (const auto& [time_ms, value] : others)
    mismatches.push_back(StrCat(metric, " has ", value, ", which is nobody's"));
}

}  // namespace

absl::StatusOr<StoredMachine> ReadStored(collector::StorageReader& reader, const std::string& machine_id) {
  const auto numbers = Query(reader, machine_id, "sim_number");
  if (!numbers.ok()) return numbers.status();
  const auto halves = Query(reader, machine_id, "sim_half");
  if (!halves.ok()) return halves.status();
  const auto sometimes = Query(reader, machine_id, "sim_sometimes");
  if (!sometimes.ok()) return sometimes.status();
  const auto clocks = reader.ListBootClocks(machine_id);
  if (!clocks.ok()) return clocks.status();
  StoredMachine stored;
  for (const collector::BootClockRecord& clock : *clocks) {
    if (clock.estimated) stored.estimated_boots.insert(clock.boot_id);
  }
  for (const auto& [time_ms, number] : *numbers) stored.numbers.push_back({static_cast<std::int64_t>(number), time_ms});
  Compare(*numbers, *halves, "sim_half", 0.5, false, stored.mismatches);
  Compare(*numbers, *sometimes, "sim_sometimes", 1, true, stored.mismatches);
  return stored;
}

}  // namespace steward::simulation
