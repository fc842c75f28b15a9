// What the tiers take and cost on the workload: bytes a series and bucket, time of the steps that make them, queries.
// JSON. usage: bench-storage-tiers FOLDER [DAYS [HOSTS]]; default 8 days of 4 hosts.
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_format.h"
#include "collector/storage/sqlite/connection.h"
#include "collector/storage/sqlite/sqlite_storage.h"
#include "proto/wire/segment_codec.h"
#include "tests/bench/workload_series.h"

namespace steward::bench {
namespace {

using collector::BatchRecord;
using collector::Storage;
using collector::StorageReader;
using collector::StorageTransaction;
using Clock = std::chrono::steady_clock;

constexpr std::int64_t kStartMs = 1'699'488'000'000;  // a day and a week begin
constexpr int kCyclesADay = 86'400'000 / kWorkloadIntervalMs;
constexpr int kSegmentBatches = 60;

void Require(const absl::Status& status) {
  if (status.ok()) return;
  std::cerr << status << "\n";
  std::exit(1);
}

double Since(Clock::time_point begun) {
  return std::chrono::duration<double, std::milli>(Clock::now() - begun).count();
}
std::string MachineId(int host) { return absl::StrFormat("%08x-0000-4000-8000-000000000000", host); }

void Fill(Storage& storage, int days, int hosts) {
  wire::DescriptorTable table;
  Require(table.Add(WorkloadDescriptors(1)));
  Require(storage.WriteAndWait([&](StorageTransaction& transaction) {
    for (int host = 0; host < hosts; ++host) {
      collector::MachineRecord machine;
      machine.id = machine.host_name = machine.instance = MachineId(host);
      Require(transaction.PutMachine(machine));
      Require(transaction.AddDescriptors(machine.id, WorkloadDescriptors(1)));
    }
    return absl::OkStatus();
  }));
  wl::Workload workload(hosts, 1, kWorkloadIntervalMs / 1000);
  std::vector<std::unique_ptr<wire::SegmentEncoder>> encoders(static_cast<std::size_t>(hosts));
  double values[wl::Workload::N];
  for (int cycle = 0; cycle < days * kCyclesADay; ++cycle) {
    for (int host = 0; host < hosts; ++host) {
      auto& encoder = encoders[static_cast<std::size_t>(host)];
      if (cycle % kSegmentBatches == 0) encoder = std::make_unique<wire::SegmentEncoder>(table);
      workload.step(host, cycle, values);
      BatchRecord batch;
      batch.machine_id = MachineId(host);
      batch.epoch = 1;
      batch.sequence = static_cast<std::uint64_t>(cycle) + 1;
      batch.segment_first_sequence = static_cast<std::uint64_t>(cycle / kSegmentBatches * kSegmentBatches) + 1;
      batch.time = absl::FromUnixMillis(kStartMs + cycle * kWorkloadIntervalMs);
      batch.sample_count = wl::Workload::N;
      Require(encoder->Encode(WorkloadBatch(cycle, values), batch.samples));
      const std::size_t bytes = batch.samples.size();
      storage.Write([batch = std::move(batch)](StorageTransaction& t) { return t.AppendBatch(batch).status(); },
                    Require, bytes);
    }
    // Each commit folds an hour of a machine, as many as an hour brings.
    if (cycle % (240 / (hosts + 1)) == 0) {
      Require(storage.WriteAndWait([](StorageTransaction&) { return absl::OkStatus(); }));
    }
  }
  Require(storage.WriteAndWait([](StorageTransaction&) { return absl::OkStatus(); }));
}

// Milliseconds of each step until nothing is left.
std::vector<double> Expire(Storage& storage, const collector::ExpireBefore& before) {
  std::vector<double> steps;
  for (bool left = true; left;) {
    const Clock::time_point begun = Clock::now();
    Require(storage.WriteAndWait([&](StorageTransaction& transaction) {
      const auto result = transaction.Expire(before);
      left = result.ok() && *result;
      return result.status();
    }));
    steps.push_back(Since(begun));
  }
  std::sort(steps.begin(), steps.end());
  return steps;
}

double QueryMs(Storage& storage, int days, absl::Duration step, std::size_t& points) {
  double best = 1e9;
  for (int i = 0; i < 10; ++i) {
    const Clock::time_point begun = Clock::now();
    Require(storage.Read([&](StorageReader& reader) {
      const absl::Time from = absl::FromUnixMillis(kStartMs);
      const auto series = reader.QuerySamples({MachineId(0),
                                               "node_load1",
                                               {},
                                               from,
                                               from + days * absl::Hours(24),
                                               1'000'000,
                                               collector::SampleFunction::kMax,
                                               step});
      if (!series.ok()) return series.status();
      points = series->empty() ? 0 : series->front().points.size();
      return absl::OkStatus();
    }));
    best = std::min(best, Since(begun));
  }
  return best;
}

std::int64_t Ask(const std::filesystem::path& path, const char* sql) {
  collector::Connection connection(path, collector::Connection::Mode::kRead);
  return connection.Integer(sql);
}

int Main(int argc, char** argv) {
  if (argc < 2) {
    std::cerr << "usage: bench-storage-tiers FOLDER [DAYS [HOSTS]]\n";
    return 2;
  }
  const std::filesystem::path path = std::filesystem::path(argv[1]) / "collector.db";
  const int days = argc > 2 ? std::atoi(argv[2]) : 8;
  const int hosts = argc > 3 ? std::atoi(argv[3]) : 4;
  std::filesystem::remove(path);
  auto opened = collector::OpenSqliteStorage(path);
  Require(opened.status());
  Storage& storage = **opened;
  const Clock::time_point begun = Clock::now();
  Fill(storage, days, hosts);
  const double fill_ms = Since(begun);
  const auto bytes = static_cast<double>(Ask(path, "SELECT SUM(length(content)) FROM block"));
  const auto samples = static_cast<double>(Ask(path, "SELECT SUM(sample_count) FROM block"));
  std::size_t points = 0;
  const double raw_hours_ms = QueryMs(storage, days, absl::Hours(1), points);
  const double raw_ms = QueryMs(storage, days, absl::Minutes(20), points);
  const auto steps = Expire(storage, {.raw = absl::InfiniteFuture()});
  const double five_minutes_ms = QueryMs(storage, days, absl::Minutes(20), points);
  const double series = static_cast<double>(hosts) * wl::Workload::N;
  const double five =
      static_cast<double>(Ask(path, "SELECT SUM(length(content)) FROM rolled WHERE tier = 1")) / (series * 288 * days);
  // The week that is over, in one piece.
  const double hour = static_cast<double>(Ask(path,
                                              "SELECT SUM(length(content)) FROM rolled WHERE tier = 2 AND period = "
                                              "(SELECT MIN(period) FROM rolled WHERE tier = 2)")) /
                      (series * 24 * std::min(days, 7));
  std::printf(
      "{\"samples\": %.0f, \"fill_ms\": %.0f, \"raw_bytes_per_sample\": %.3f, \"five_minutes_bytes_per_point\": %.3f, "
      "\"hours_bytes_per_point\": %.3f, \"expire_steps\": %zu, \"expire_step_ms_p50\": %.1f, \"expire_step_ms_max\": "
      "%.1f, "
      "\"query_ms_raw\": %.2f, \"query_ms_five_minutes\": %.2f, \"query_ms_hours\": %.2f, \"points\": %zu}\n",
      samples, fill_ms, bytes / samples, five, hour, steps.size(), steps[steps.size() / 2], steps.back(), raw_ms,
      five_minutes_ms, raw_hours_ms, points);
  return 0;
}

}  // namespace
}  // namespace steward::bench

int main(int argc, char** argv) { return steward::bench::Main(argc, argv); }
