// The series of one simulated machine: counters that follow a load curve, gauges that wander, settings that stand still.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "proto/wire/samples.h"
#include "steward/v1/sample.pb.h"

namespace steward::fleet {

// splitmix64: small, and the same on every machine.
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}
  std::uint64_t Next();
  double Unit();  // [0, 1)

 private:
  std::uint64_t state_;
};

class LifeSeries {
 public:
  // Exactly `count` series, at least 1. The first are a small server's, under node_exporter's names; filler follows.
  // The same seed gives the same series; counters depend on the seed and the time alone, so they go on over restarts.
  LifeSeries(std::uint64_t seed, int count, absl::Duration interval);

  // Ids from 1, groups from 1; to be declared once an epoch.
  const v1::DescriptorSet& descriptors() const { return descriptors_; }

  // The machine at this moment. File systems are read at every fourth call only, and one network interface comes and
  // goes, so that groups not sampled and series that end are part of every run.
  wire::SampleBatch Sample(absl::Time wall, absl::Duration boot);

 private:
  enum class Shape : std::uint8_t { kConstant, kCounter, kWalk, kRealWalk };
  struct Series {
    Shape shape = Shape::kConstant;
    bool comes_and_goes = false;
    double level = 0;      // constant: the value; counter: raw units a second; walk: where it is drawn back to
    double phase = 0;      // of the load curve
    double value = 0;      // of a walk, now
  };
  using Labels = std::vector<std::pair<std::string, std::string>>;

  std::uint32_t AddGroup(const std::string& name, absl::Duration interval);
  // Does nothing once `count` is reached. Labels sorted by name.
  Series* Add(std::uint32_t group, Shape shape, const std::string& metric, Labels labels, double level,
              std::int64_t denominator = 1);
  void AddServer(absl::Duration interval);
  void AddFileSystem(std::uint32_t group, const std::string& device, const std::string& mount, double bytes);
  void AddInterface(std::uint32_t group, const std::string& device, double share, bool comes_and_goes);
  void AddFiller(absl::Duration interval);
  wire::RawValue Value(Series& series, double wall_seconds);

  Random random_;
  const std::size_t count_;
  v1::DescriptorSet descriptors_;
  std::vector<Series> series_;  // by id - 1
  std::uint32_t slow_group_ = 0;
  std::uint64_t calls_ = 0;
};

}  // namespace steward::fleet
