// A long time of one machine through the real storage, on simulated time: hours are folded, old samples roll up and
// expire every hour with the default retention. Leaves collector.db, ending now; storage_year.py makes an office of it.
// JSON. usage: bench-storage-year FOLDER [DAYS [lively|office]]; default 365 days of `office`. 500 series a machine.
// lively: all of the workload, every 15 s. office: 150 of the workload, 350 that hardly ever change, 160 of these once
// a minute; an agent on a busy server had 602 series, 408 values a cycle, of which 80 had changed.
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <iostream>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "collector/config/config.h"
#include "collector/storage/sqlite/connection.h"
#include "collector/storage/sqlite/rolled.h"
#include "collector/storage/sqlite/sqlite_storage.h"
#include "proto/wire/segment_codec.h"
#include "tests/bench/workload_series.h"

namespace steward::bench {
namespace {

using collector::BatchRecord;
using collector::Connection;
using collector::Query;
using collector::Storage;
using collector::StorageTransaction;
using Clock = std::chrono::steady_clock;

constexpr std::string_view kMachine = "00000000-0000-4000-8000-000000000000";
constexpr int kSegmentBatches = 60;
constexpr int kCyclesAnHour = 3'600'000 / kWorkloadIntervalMs;
constexpr int kSlowCycles = 4;  // once a minute
constexpr std::uint32_t kSeries = 500;
constexpr std::uint32_t kQuietFrom = 151, kSlowFrom = 341;  // ids, of `office`
constexpr std::uint32_t kFastGroup = 1, kSlowGroup = 2;
constexpr std::int64_t kChangesEvery = 4'000;  // values of a quiet series, every fourth of which changes at all

void Require(const absl::Status& status) {
  if (status.ok()) return;
  std::cerr << status << "\n";
  std::exit(1);
}

double CpuSeconds() {
  timespec time{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
}

// What the machine's agent sends.
class Machine {
 public:
  explicit Machine(bool lively) : hosts_(lively ? 4 : 1), workload_(hosts_, 1, kWorkloadIntervalMs / 1000) {
    descriptors_ = WorkloadDescriptors(1);
    const v1::DescriptorSet one = descriptors_;
    while (descriptors_.series_size() < static_cast<int>(kSeries)) {
      const auto id = static_cast<std::uint32_t>(descriptors_.series_size()) + 1;
      v1::SeriesDescriptor& series = *descriptors_.add_series();
      if (lively) series = one.series(static_cast<int>((id - 1) % wl::Workload::N));
      series.set_id(id);
      series.set_group(!lively && id >= kSlowFrom ? kSlowGroup : kFastGroup);
      v1::Label& label = *series.add_labels();
      label.set_name(lively ? "zone" : "unit");
      label.set_value(absl::StrCat(lively ? (id - 1) / wl::Workload::N : id));
      if (lively) continue;
      series.set_metric(absl::StrCat("node_quiet_state", id / 10));
      series.set_kind(v1::VALUE_KIND_INTEGER);
      series.set_type(v1::METRIC_TYPE_GAUGE);
    }
    if (lively) return;
    v1::ProbeGroup& slow = *descriptors_.add_groups();
    slow.set_id(kSlowGroup);
    slow.set_name("slow");
    slow.set_interval_ms(kSlowCycles * kWorkloadIntervalMs);
  }

  const v1::DescriptorSet& descriptors() const { return descriptors_; }

  wire::SampleBatch Sample(int cycle) {
    wire::SampleBatch batch;
    double values[wl::Workload::N];
    for (int host = 0; host < hosts_; ++host) {
      workload_.step(host, cycle, values);
      wire::SampleBatch of_host = WorkloadBatch(cycle, values);
      if (host == 0) {
        batch = std::move(of_host);
        continue;
      }
      for (const wire::SeriesValue& value : of_host.groups[0].values) {
        const std::uint32_t id = value.series + static_cast<std::uint32_t>(host) * wl::Workload::N;
        if (id <= kSeries) batch.groups[0].values.push_back({id, value.value});
      }
    }
    if (hosts_ == 1) AddQuiet(cycle, batch);
    return batch;
  }

 private:
  static void AddQuiet(std::int64_t cycle, wire::SampleBatch& batch) {
    for (std::uint32_t id = kQuietFrom; id < kSlowFrom; ++id) batch.groups[0].values.push_back({id, Quiet(id, cycle)});
    if (cycle % kSlowCycles != 0) return;
    batch.groups.push_back({kSlowGroup, {}});
    for (std::uint32_t id = kSlowFrom; id <= kSeries; ++id) batch.groups[1].values.push_back({id, Quiet(id, cycle)});
  }
  static std::int64_t Quiet(std::uint32_t id, std::int64_t cycle) {
    return id * 1'000 + (id % 4 == 0 ? (cycle + id * 131) / kChangesEvery % 7 : 0);
  }

  const int hosts_;
  wl::Workload workload_;
  v1::DescriptorSet descriptors_;
};

// It ends now, so that a collector that is started on it has little to expire.
std::int64_t StartMs(int days) {
  constexpr std::int64_t kDayMs = 86'400'000;
  return absl::ToUnixMillis(absl::Now()) / kDayMs * kDayMs - days * kDayMs;
}

class Filler {
 public:
  Filler(Storage& storage, bool lively, int days) : storage_(storage), machine_(lively), start_ms_(StartMs(days)) {
    Require(table_.Add(machine_.descriptors()));
    Require(storage_.WriteAndWait([&](StorageTransaction& transaction) {
      collector::MachineRecord record;
      record.id = kMachine;
      record.host_name = record.instance = "office-0";
      record.enrolled_time = absl::FromUnixMillis(start_ms_);
      if (auto status = transaction.PutMachine(record); !status.ok()) return status;
      return transaction.AddDescriptors(kMachine, machine_.descriptors());
    }));
    end_cycle_ = static_cast<int>((absl::ToUnixMillis(absl::Now()) - start_ms_) / 3'600'000) * kCyclesAnHour;
  }

  void Run() {
    for (int cycle = 0; cycle < end_cycle_; ++cycle) {
      Append(cycle);
      if (cycle % kCyclesAnHour != 0) continue;
      Require(storage_.WriteAndWait([](StorageTransaction&) { return absl::OkStatus(); }));
      Expire(absl::FromUnixMillis(start_ms_ + cycle * kWorkloadIntervalMs));
      if (cycle % (30 * 24 * kCyclesAnHour) == 0) std::cerr << cycle / (24 * kCyclesAnHour) << " days\n";
    }
    // A collector that has worked all the time has seen it all.
    Require(storage_.WriteAndWait([](StorageTransaction& transaction) {
      const auto cursor = transaction.CommitCursor();
      return cursor.ok() ? transaction.PutSetting("coverage", *cursor) : cursor.status();
    }));
    std::sort(steps_ms_.begin(), steps_ms_.end());
  }

  double days() const { return end_cycle_ / (24.0 * kCyclesAnHour); }
  std::uint64_t samples() const { return samples_; }
  double StepMs(double share) const {
    return steps_ms_[static_cast<std::size_t>(share * static_cast<double>(steps_ms_.size() - 1))];
  }

 private:
  void Append(int cycle) {
    if (cycle % kSegmentBatches == 0) encoder_ = std::make_unique<wire::SegmentEncoder>(table_);
    const wire::SampleBatch sampled = machine_.Sample(cycle);
    BatchRecord batch;
    batch.machine_id = kMachine;
    batch.epoch = 1;
    batch.sequence = static_cast<std::uint64_t>(cycle) + 1;
    batch.segment_first_sequence = static_cast<std::uint64_t>(cycle / kSegmentBatches * kSegmentBatches) + 1;
    batch.time = absl::FromUnixMillis(start_ms_ + cycle * kWorkloadIntervalMs);
    for (const auto& group : sampled.groups) batch.sample_count += group.values.size();
    samples_ += batch.sample_count;
    Require(encoder_->Encode(sampled, batch.samples));
    const std::size_t bytes = batch.samples.size();
    storage_.Write([batch = std::move(batch)](StorageTransaction& t) { return t.AppendBatch(batch).status(); }, Require,
                   bytes);
  }

  // As collector/retention.cc does.
  void Expire(absl::Time now) {
    const collector::RetentionConfig keep;
    const collector::ExpireBefore before{now - keep.raw, now - keep.five_minutes, now - keep.hours, now - keep.hours};
    for (bool left = true; left;) {
      const Clock::time_point begun = Clock::now();
      Require(storage_.WriteAndWait([&](StorageTransaction& transaction) {
        const auto result = transaction.Expire(before);
        left = result.ok() && *result;
        return result.status();
      }));
      steps_ms_.push_back(std::chrono::duration<float, std::milli>(Clock::now() - begun).count());
    }
  }

  Storage& storage_;
  Machine machine_;
  const std::int64_t start_ms_;
  int end_cycle_ = 0;
  wire::DescriptorTable table_;
  std::unique_ptr<wire::SegmentEncoder> encoder_;
  std::uint64_t samples_ = 0;
  std::vector<float> steps_ms_;
};

std::uint64_t Points(Connection& connection, std::int64_t tier) {
  std::uint64_t count = 0;
  std::vector<collector::RolledPoint> points;
  Query rows(connection, "SELECT coding, content FROM rolled WHERE tier = ?1", tier);
  while (rows.Next()) {
    auto pack = collector::OpenPiece(connection, rows.Integer(0), rows.View(1));
    Require(pack.status());
    for (std::size_t i = 0; i < pack->series().size(); ++i) {
      Require(pack->Read(i, points));
      count += points.size();
    }
  }
  return count;
}

int Main(int argc, char** argv) {
  const std::string_view kind = argc > 3 ? argv[3] : "office";
  if (argc < 2 || (kind != "office" && kind != "lively")) {
    std::cerr << "usage: bench-storage-year FOLDER [DAYS [lively|office]]\n";
    return 2;
  }
  const std::filesystem::path path = std::filesystem::path(argv[1]) / "collector.db";
  std::filesystem::remove(path);
  collector::SqliteStorageOptions options;
  options.commit_window_max = absl::ZeroDuration();  // simulated time waits for nobody
  auto storage = collector::OpenSqliteStorage(path, options);
  Require(storage.status());
  const Clock::time_point begun = Clock::now();
  const double cpu = CpuSeconds();
  Filler filler(**storage, kind == "lively", argc > 2 ? std::atoi(argv[2]) : 365);
  filler.Run();
  const double seconds = std::chrono::duration<double>(Clock::now() - begun).count();
  const double cpu_seconds = CpuSeconds() - cpu;
  storage->reset();
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);

  Connection connection(path, Connection::Mode::kRead);
  const std::int64_t raw = connection.Integer("SELECT SUM(sample_count) FROM block");
  const std::int64_t raw_bytes = connection.Integer("SELECT SUM(length(content)) FROM block");
  std::printf(
      "{\"series\": %u, \"kind\": \"%s\", \"days\": %.1f, \"samples\": %llu, \"seconds\": %.0f, "
      "\"cpu_us_per_sample\": %.3f, \"peak_memory_mib\": %.0f, \"expire_step_ms_p50\": %.1f, "
      "\"expire_step_ms_p99\": %.1f, \"expire_step_ms_max\": %.1f, \"raw_samples\": %lld, "
      "\"raw_bytes_per_sample\": %.3f",
      kSeries, argc > 3 ? argv[3] : "office", filler.days(), static_cast<unsigned long long>(filler.samples()), seconds,
      cpu_seconds * 1e6 / static_cast<double>(filler.samples()), static_cast<double>(usage.ru_maxrss) / 1024,
      filler.StepMs(0.5), filler.StepMs(0.99), filler.StepMs(1), static_cast<long long>(raw),
      static_cast<double>(raw_bytes) / static_cast<double>(std::max<std::int64_t>(raw, 1)));
  for (const auto& [tier, name] : {std::pair{collector::kFiveMinutes, "five_minutes"}, {collector::kHours, "hours"}}) {
    const std::int64_t bytes = connection.Integer(
        absl::StrCat("SELECT IFNULL(SUM(length(content)), 0) FROM rolled WHERE tier = ", tier.number).c_str());
    const std::uint64_t points = Points(connection, tier.number);
    std::printf(", \"%s_points\": %llu, \"%s_bytes_per_point\": %.3f", name, static_cast<unsigned long long>(points),
                name, static_cast<double>(bytes) / static_cast<double>(std::max<std::uint64_t>(points, 1)));
  }
  std::printf("}\n");
  return 0;
}

}  // namespace
}  // namespace steward::bench

int main(int argc, char** argv) { return steward::bench::Main(argc, argv); }
