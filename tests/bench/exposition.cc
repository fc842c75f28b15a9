// CPU, bytes and memory of one scrape of everything, beside prometheus-cpp's registry and serializer on the same series.
//   bench-exposition [SERIES=1000000] [ROUNDS=3]        JSON on stdout
#include <sys/resource.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "base/manual_clock.h"
#include "collector/latest/latest.h"
#include "collector/metrics/machine_series.h"
#include "prometheus/gauge.h"
#include "prometheus/registry.h"
#include "prometheus/text_serializer.h"
#include "tests/support/observed_machine.h"

namespace steward::collector {
namespace {

constexpr int kSeriesPerMachine = 150;
constexpr int kFamilies = 10;

double CpuSeconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

long MemoryKiB(const std::string& key) {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with(key)) return std::atol(line.c_str() + key.size() + 1);
  }
  return 0;
}

void ResetPeak() { std::ofstream("/proc/self/clear_refs") << "5"; }

double ValueOf(long series) {
  return static_cast<double>(static_cast<std::uint64_t>(series) * 2654435761u % 10'000'000) / 100;
}
std::string MetricOf(long series) { return "host_metric" + std::to_string(series / 15 % kFamilies) + "_value"; }

struct Fleet {
  ManualClock clock{absl::FromUnixSeconds(1'700'000'000)};
  Latest latest{clock};
};

std::unique_ptr<Fleet> MakeFleet(long series_total) {
  auto fleet = std::make_unique<Fleet>();
  for (long first = 0; first < series_total; first += kSeriesPerMachine) {
    const std::string name = "host-" + std::to_string(first / kSeriesPerMachine);
    MachineRecord record = ObservedMachine::Record(name, name, "s1", "server");
    ObservedMachine machine(record);
    machine.AddGroup(1, absl::Seconds(15));
    ObservedGroup group{1, {}};
    for (long i = first; i < std::min(first + kSeriesPerMachine, series_total); ++i) {
      const auto id = machine.AddSeries(1, MetricOf(i), {{"device", "dev" + std::to_string(i % 15)}},
                                        v1::METRIC_TYPE_GAUGE, "A gauge.");
      group.values.push_back({id, ValueOf(i)});
    }
    fleet->latest.OnObservation(machine.At(fleet->clock.WallNow(), {group}));
  }
  return fleet;
}

struct Scrape {
  double cpu_seconds = 0;
  std::size_t bytes = 0;
};

Scrape ScrapeFleet(const Fleet& fleet, bool gzip) {
  const double start = CpuSeconds();
  Scrape scrape;
  auto source = MachineSeries(fleet.latest, fleet.latest.Machines());
  if (gzip) source = Gzipped(std::move(source));
  std::string piece;
  while (source->Next(piece)) {
    scrape.bytes += piece.size();
    piece.clear();
  }
  scrape.cpu_seconds = CpuSeconds() - start;
  return scrape;
}

std::unique_ptr<prometheus::Registry> MakeRegistry(long series_total) {
  auto registry = std::make_unique<prometheus::Registry>();
  std::vector<prometheus::Family<prometheus::Gauge>*> families;
  for (int family = 0; family < kFamilies; ++family) {
    families.push_back(&prometheus::BuildGauge()
                            .Name("host_metric" + std::to_string(family) + "_value")
                            .Help("A gauge.")
                            .Register(*registry));
  }
  for (long i = 0; i < series_total; ++i) {
    const std::string name = "host-" + std::to_string(i / kSeriesPerMachine);
    families[static_cast<std::size_t>(i / 15 % kFamilies)]
        ->Add({{"instance", name},
               {"machine", name},
               {"site", "s1"},
               {"class", "server"},
               {"device", "dev" + std::to_string(i % 15)}})
        .Set(ValueOf(i));
  }
  return registry;
}

Scrape ScrapeRegistry(const prometheus::Registry& registry) {
  const double start = CpuSeconds();
  Scrape scrape;
  scrape.bytes = prometheus::TextSerializer().Serialize(registry.Collect()).size();
  scrape.cpu_seconds = CpuSeconds() - start;
  return scrape;
}

int Run(long series, int rounds) {
  const auto fleet = MakeFleet(series);
  const long held = MemoryKiB("VmRSS");
  ResetPeak();
  std::vector<double> cpu;
  Scrape plain;
  for (int round = 0; round < rounds; ++round) {
    plain = ScrapeFleet(*fleet, false);
    cpu.push_back(plain.cpu_seconds);
  }
  const long extra = MemoryKiB("VmHWM") - held;
  const Scrape gzip = ScrapeFleet(*fleet, true);

  const auto registry = MakeRegistry(series);
  const long peer_held = MemoryKiB("VmRSS");
  ResetPeak();
  std::vector<double> peer_cpu;
  Scrape peer;
  for (int round = 0; round < rounds; ++round) {
    peer = ScrapeRegistry(*registry);
    peer_cpu.push_back(peer.cpu_seconds);
  }
  const long peer_extra = MemoryKiB("VmHWM") - peer_held;
  std::sort(cpu.begin(), cpu.end());
  std::sort(peer_cpu.begin(), peer_cpu.end());
  const auto middle = static_cast<std::size_t>(rounds / 2);
  std::printf(
      "{\"series\":%ld,\"cpu_s\":%.3f,\"bytes\":%zu,\"extra_memory_kib\":%ld,\"gzip_cpu_s\":%.3f,\"gzip_bytes\":%zu,"
      "\"peer\":\"prometheus-cpp\",\"peer_cpu_s\":%.3f,\"peer_bytes\":%zu,\"peer_extra_memory_kib\":%ld,"
      "\"ratio\":%.1f}\n",
      series, cpu[middle], plain.bytes, extra, gzip.cpu_seconds, gzip.bytes, peer_cpu[middle], peer.bytes, peer_extra,
      peer_cpu[middle] / cpu[middle]);
  return 0;
}

}  // namespace
}  // namespace steward::collector

int main(int argc, char** argv) {
  const long series = argc > 1 ? std::atol(argv[1]) : 1'000'000;
  const int rounds = argc > 2 ? std::atoi(argv[2]) : 3;
  if (series < 1 || rounds < 1) {
    std::fprintf(stderr, "usage: bench-exposition [SERIES] [ROUNDS], both at least 1\n");
    return 2;
  }
  return steward::collector::Run(series, rounds);
}
