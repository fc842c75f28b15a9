// Asks the probes that are due and makes one batch of what they say: numbers for series, groups in order, bounds kept,
// the health of each probe noted. One thread.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "agent/probe.h"
#include "agent/series_table.h"
#include "base/clock.h"
#include "proto/wire/samples.h"
#include "steward/v1/sample.pb.h"

namespace steward::agent {

struct ProbeHealth {
  std::string name;
  bool enabled = true;
  bool absent = false;           // this machine has no such source
  std::string error;             // of the last attempt; empty: it went well
  std::uint64_t failures = 0;    // since the start
  std::uint32_t failures_in_row = 0;
  absl::Duration duration;       // of the last attempt
  absl::Time success_time = absl::InfinitePast();
};

struct SamplerCounters {
  std::uint64_t over_limit = 0;  // values dropped because the machine has too many series
  std::uint64_t duplicate = 0;   // values of a series that was in the same batch already
  std::uint64_t invalid = 0;     // values of what cannot be a series
  std::uint64_t saturated = 0;   // values beyond int64
};

struct Sampled {
  v1::DescriptorSet descriptors;  // what is new since the last batch of this epoch
  wire::SampleBatch batch;
};

class Sampler {
 public:
  // More live series than this are dropped, those of the later probes first, and counted.
  static constexpr std::size_t kLiveSeriesMax = 10'000;

  Sampler(Clock& clock, std::vector<std::unique_ptr<Probe>> probes, std::size_t live_series_max = kLiveSeriesMax);

  // In force with the next Sample. Another interval needs a new epoch: groups are declared with theirs once an epoch.
  void SetPolicy(absl::Duration interval, const std::vector<std::string>& disabled_probes);
  Sampled Sample();
  // A new epoch: every series is declared again and every enabled probe is due.
  void StartEpoch();
  // Series that came and went fill the epoch's numbers: it is time for StartEpoch.
  bool WantsNewEpoch() const;

  std::vector<ProbeHealth> health() const;
  const SamplerCounters& counters() const { return counters_; }
  std::size_t live_series() const;

 private:
  struct Source {
    std::unique_ptr<Probe> probe;
    ProbeHealth health;
    absl::Duration interval;            // how often it is read under the present policy
    absl::Duration read_boot = -absl::InfiniteDuration();
    bool declared = false;              // its group, in this epoch
    std::size_t live = 0;               // series in its last sample
    bool failure_logged = false;
  };
  class Sink;

  bool Due(const Source& source, absl::Duration now) const;
  void Ask(std::size_t index, absl::Duration now, Sampled& out);
  void NoteResult(Source& source, const absl::Status& status);

  Clock& clock_;
  const std::size_t live_series_max_;
  std::vector<Source> sources_;         // group = index + 1
  SeriesTable series_;
  SamplerCounters counters_;
  absl::Duration interval_ = absl::Seconds(15);
};

}  // namespace steward::agent
