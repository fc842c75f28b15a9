// What the sample codec costs on the workload: bytes a sample, nanoseconds a sample each way. Prints JSON.
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>

#include "proto/wire/segment_codec.h"
#include "tests/bench/workload_series.h"

using namespace steward;

namespace {

double CpuSeconds() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }
constexpr int kSegmentBatches = 60;  // 15 minutes

void Require(bool ok) {
  if (!ok) std::abort();
}

}  // namespace

int main() {
  constexpr int kHosts = 20;
  wire::DescriptorTable table;
  Require(table.Add(bench::WorkloadDescriptors(1)).ok());
  wl::Workload workload(kHosts, 1, bench::kWorkloadIntervalMs / 1000);
  std::vector<std::vector<wire::SampleBatch>> batches(kHosts);
  double values[wl::Workload::N];
  for (int cycle = 0; cycle < bench::kWorkloadCycles; ++cycle) {
    for (int host = 0; host < kHosts; ++host) {
      workload.step(host, cycle, values);
      batches[static_cast<std::size_t>(host)].push_back(bench::WorkloadBatch(cycle, values));
    }
  }

  std::vector<std::vector<std::string>> payloads(kHosts);
  double begun = CpuSeconds();
  std::size_t bytes = 0;
  for (std::size_t host = 0; host < kHosts; ++host) {
    std::unique_ptr<wire::SegmentEncoder> encoder;
    for (std::size_t i = 0; i < batches[host].size(); ++i) {
      if (i % kSegmentBatches == 0) encoder = std::make_unique<wire::SegmentEncoder>(table);
      Require(encoder->Encode(batches[host][i], payloads[host].emplace_back()).ok());
      bytes += payloads[host].back().size();
    }
  }
  const double encode = CpuSeconds() - begun;

  begun = CpuSeconds();
  std::size_t samples = 0;
  for (const auto& host : payloads) {
    std::unique_ptr<wire::SegmentDecoder> decoder;
    wire::DecodedBatch decoded;
    for (std::size_t i = 0; i < host.size(); ++i) {
      if (i % kSegmentBatches == 0) decoder = std::make_unique<wire::SegmentDecoder>(table);
      Require(decoder->Decode(host[i], decoded).ok());
      samples += decoded.sample_count();
    }
  }
  const double decode = CpuSeconds() - begun;

  const auto n = static_cast<double>(samples);
  std::printf("{\"samples\": %zu, \"payload_bytes_per_sample\": %.3f, \"encode_ns_per_sample\": %.1f, \"decode_ns_per_sample\": %.1f}\n",
              samples, static_cast<double>(bytes) / n, encode * 1e9 / n, decode * 1e9 / n);
}
