// What SQLite storage costs on the workload: CPU a batch in the writer, bytes on disk and written, queries, and how
// long a write that comes alone takes. Prints JSON.
// usage: bench-storage-append FOLDER [CYCLES [JOURNAL_MIB]]
// A cycle is one batch of each of 200 machines; default 1440, 6 h.
#include <sys/resource.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_format.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/clock.h"
#include "collector/storage/sqlite/sqlite_storage.h"
#include "proto/wire/segment_codec.h"
#include "tests/bench/workload_series.h"

namespace steward::bench {
namespace {

using collector::BatchRecord;
using collector::Storage;
using collector::StorageReader;
using collector::StorageTransaction;

constexpr int kSegmentBatches = 60;               // 15 minutes
constexpr std::size_t kQueuedBytesMax = 2 << 20;  // as ingest would hold back
constexpr std::int64_t kStartMs = 1'700'000'400'000;  // a full hour
constexpr int kLoneWrites = 200;

double Seconds(clockid_t clock) {
  timespec time{};
  clock_gettime(clock, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
}

void Require(const absl::Status& status) {
  if (status.ok()) return;
  std::cerr << status << "\n";
  std::exit(1);
}

std::string MachineId(int host) { return absl::StrFormat("%08x-0000-4000-8000-000000000000", host); }

std::uint64_t WrittenBytes() {
  std::ifstream io("/proc/self/io");
  std::string name;
  std::uint64_t value = 0;
  while (io >> name >> value) {
    if (name == "write_bytes:") return value;
  }
  return 0;
}

// All batches in the order of their time.
std::vector<BatchRecord> MakeBatches(int cycles) {
  wire::DescriptorTable table;
  Require(table.Add(WorkloadDescriptors(1)));
  wl::Workload workload(kWorkloadHosts, 1, kWorkloadIntervalMs / 1000);
  std::vector<std::unique_ptr<wire::SegmentEncoder>> encoders(kWorkloadHosts);
  std::vector<BatchRecord> batches;
  double values[wl::Workload::N];
  for (int cycle = 0; cycle < cycles; ++cycle) {
    for (int host = 0; host < kWorkloadHosts; ++host) {
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
      batches.push_back(std::move(batch));
    }
  }
  return batches;
}

void PutMachines(Storage& storage) {
  Require(storage.WriteAndWait([](StorageTransaction& transaction) {
    for (int host = 0; host < kWorkloadHosts; ++host) {
      collector::MachineRecord machine;
      machine.id = MachineId(host);
      machine.host_name = machine.instance = machine.id.substr(0, 8);
      Require(transaction.PutMachine(machine));
      Require(transaction.AddDescriptors(machine.id, WorkloadDescriptors(1)));
    }
    return absl::OkStatus();
  }));
}

void Append(Storage& storage, std::vector<BatchRecord>& batches) {
  absl::Mutex mutex;
  std::size_t left = batches.size();
  std::size_t queued = 0;
  for (BatchRecord& batch : batches) {
    const std::size_t bytes = batch.samples.size() + 200;
    {
      absl::MutexLock lock(&mutex);
      const auto has_room = [&] { return queued < kQueuedBytesMax; };
      mutex.Await(absl::Condition(&has_room));
      queued += bytes;
    }
    storage.Write([&batch](StorageTransaction& transaction) { return transaction.AppendBatch(batch).status(); },
                  [&, bytes](absl::Status status) {
                    Require(status);
                    absl::MutexLock lock(&mutex);
                    --left;
                    queued -= bytes;
                  },
                  bytes);
  }
  absl::MutexLock lock(&mutex);
  const auto is_done = [&] { return left == 0; };
  mutex.Await(absl::Condition(&is_done));
}

// Milliseconds for one series over the whole time, the best of some.
double QueryMs(Storage& storage, std::size_t& points) {
  double best = 1e9;
  for (int i = 0; i < 20; ++i) {
    const double begun = Seconds(CLOCK_MONOTONIC);
    Require(storage.Read([&](StorageReader& reader) {
      const auto series =
          reader.QuerySamples({MachineId(i), "node_load1", {}, absl::FromUnixMillis(0), absl::InfiniteFuture()});
      if (!series.ok()) return series.status();
      points = series->empty() ? 0 : series->front().points.size();
      return absl::OkStatus();
    }));
    best = std::min(best, (Seconds(CLOCK_MONOTONIC) - begun) * 1e3);
  }
  return best;
}

std::vector<double> LoneWriteMs(Storage& storage) {
  std::vector<double> times;
  for (int i = 0; i < kLoneWrites; ++i) {
    absl::SleepFor(absl::Milliseconds(20));
    const double begun = Seconds(CLOCK_MONOTONIC);
    Require(storage.WriteAndWait([](StorageTransaction& transaction) { return transaction.PutSetting("lone", "x"); }));
    times.push_back((Seconds(CLOCK_MONOTONIC) - begun) * 1e3);
  }
  std::sort(times.begin(), times.end());
  return times;
}

int Main(int argc, char** argv) {
  if (argc < 2) {
    std::cerr << "usage: bench-storage-append FOLDER [CYCLES [JOURNAL_MIB]]\n";
    return 2;
  }
  const std::filesystem::path path = std::filesystem::path(argv[1]) / "collector.db";
  std::filesystem::remove(path);
  std::vector<BatchRecord> batches = MakeBatches(argc > 2 ? std::atoi(argv[2]) : kWorkloadCycles);
  std::size_t payload_bytes = 0;
  for (const BatchRecord& batch : batches) payload_bytes += batch.samples.size();
  collector::SqliteStorageOptions options;
  if (argc > 3) options.checkpoint_wal_bytes = std::int64_t{std::atoi(argv[3])} << 20;
  auto storage = collector::OpenSqliteStorage(path, options);
  Require(storage.status());
  PutMachines(**storage);

  const std::uint64_t written = WrittenBytes();
  const double wall = Seconds(CLOCK_MONOTONIC);
  const double cpu = Seconds(CLOCK_PROCESS_CPUTIME_ID);
  const double own = Seconds(CLOCK_THREAD_CPUTIME_ID);
  Append(**storage, batches);
  const double wall_used = Seconds(CLOCK_MONOTONIC) - wall;
  const double own_used = Seconds(CLOCK_THREAD_CPUTIME_ID) - own;
  const double writer_used = Seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu - own_used;

  std::size_t points = 0;
  const double query_ms = QueryMs(**storage, points);
  const std::vector<double> lone = LoneWriteMs(**storage);
  storage->reset();
  const auto samples = static_cast<double>(batches.size()) * wl::Workload::N;
  const auto count = static_cast<double>(batches.size());
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  std::printf(
      "{\"batches\": %zu, \"payload_bytes_per_sample\": %.3f, \"batches_per_second\": %.0f, "
      "\"writer_cpu_us_per_batch\": %.2f, \"writer_cpu_s_per_million_samples\": %.4f, \"queueing_cpu_us_per_batch\": %.2f, "
      "\"disk_bytes_per_sample\": %.3f, \"written_bytes_per_sample\": %.3f, \"query_points\": %zu, \"query_ms\": %.2f, "
      "\"lone_write_ms_p50\": %.2f, \"lone_write_ms_p99\": %.2f, \"peak_memory_mib\": %.1f, \"of_which_input_mib\": %.1f}\n",
      batches.size(), static_cast<double>(payload_bytes) / samples, count / wall_used, writer_used * 1e6 / count,
      writer_used * 1e6 / samples, own_used * 1e6 / count,
      static_cast<double>(std::filesystem::file_size(path)) / samples,
      static_cast<double>(WrittenBytes() - written) / samples, points, query_ms, lone[lone.size() / 2],
      lone[lone.size() * 99 / 100], static_cast<double>(usage.ru_maxrss) / 1024,
      static_cast<double>(payload_bytes + batches.size() * sizeof(BatchRecord)) / (1 << 20));
  return 0;
}

}  // namespace
}  // namespace steward::bench

int main(int argc, char** argv) { return steward::bench::Main(argc, argv); }
