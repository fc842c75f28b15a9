// Batches as a machine might make them, from a seed: series that move, stay, come and go, groups that are skipped.
#pragma once

#include <cstdint>
#include <map>
#include <random>

#include "proto/wire/descriptor.h"
#include "proto/wire/samples.h"

namespace steward::wire {

class RandomMachine {
 public:
  RandomMachine(std::uint64_t seed, int groups, int series_per_group);

  const DescriptorTable& descriptors() const { return descriptors_; }
  SampleBatch Next();

 private:
  RawValue Move(RawValue value, bool is_double);

  std::mt19937_64 random_;
  DescriptorTable descriptors_;
  std::int64_t boot_ms_ = 1'000'000;
  std::map<std::uint32_t, std::map<std::uint32_t, RawValue>> live_;  // group -> series -> value
  std::map<std::uint32_t, std::vector<std::uint32_t>> members_;      // group -> all its series
};

}  // namespace steward::wire
