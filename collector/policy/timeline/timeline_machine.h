// The machine of a timeline: its file systems and other series, and how they change. Pure.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "collector/ingest/observation.h"
#include "collector/policy/timeline/timeline.h"

namespace steward::collector {

class TimelineMachine {
 public:
  explicit TimelineMachine(const Timeline& timeline) : start_(timeline.start), interval_(timeline.interval) {}

  // disk / 100GB used 50%
  absl::Status DoDisk(const TimelineStep& step);
  // metric node_md_degraded{device="md0"} 1 -> 5 every 1h
  absl::Status DoMetric(const TimelineStep& step);

  // What changes evenly is where it is at that time.
  void Move(absl::Time now);
  // The agent begins anew: it declares only what is there, and reads everything at once.
  void StartEpoch();
  // Adds what is sampled now. InvalidArgument: a series that no agent could send.
  absl::Status Sample(absl::Time now, Observation& observation);

 private:
  struct Disk {
    std::string type = "ext4";
    double size = 0, used = 0;  // bytes
    bool mounted = true;
  };
  struct Sampled {
    std::string text, metric;
    std::vector<std::pair<std::string, std::string>> labels;
    double value = 0, from = 0, to = 0;
    absl::Time begin, until;
    absl::Duration interval;
    absl::Time sampled = absl::InfinitePast();
    bool present = true;
  };
  struct Ramp {
    std::string mountpoint;
    absl::Time from, to;
    double used_from = 0, used_to = 0;
  };

  static absl::Status ReadSeries(const std::string& text, Sampled& metric);
  static absl::StatusOr<double> UsedOf(const Disk& disk, const std::string& word, const std::string& value);
  bool IsDeclared(std::string_view metric, const std::vector<std::pair<std::string, std::string>>& labels) const;
  v1::SeriesDescriptor& AddSeries(v1::DescriptorSet& set, std::uint32_t group, std::string_view metric,
                                  const std::vector<std::pair<std::string, std::string>>& labels);
  void AddDisks(v1::DescriptorSet& set, Observation& observation);
  void AddMetrics(absl::Time now, v1::DescriptorSet& set, Observation& observation);

  absl::Time start_;
  absl::Duration interval_;
  std::map<std::string, Disk> disks_;
  std::vector<Ramp> ramps_;
  std::vector<Sampled> metrics_;
  std::uint64_t epoch_ = 7;
  std::map<std::string, std::uint32_t> ids_;  // of the series, by text: they do not change within an epoch
};

}  // namespace steward::collector
