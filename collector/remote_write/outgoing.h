// What was read from the storage and is on its way to one receiver: samples that can be sent as a whole or in parts.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/node_hash_map.h"
#include "collector/storage/records.h"
#include "steward/v1/sample.pb.h"

namespace steward::collector {

struct OutgoingSample {
  std::uint32_t series = 0;  // number in Outgoing
  std::uint32_t machine = 0;
  std::int64_t time_ms = 0;
  double value = 0;
};

// Samples [begin, end) in the order of Outgoing.
struct Part {
  std::size_t begin = 0;
  std::size_t end = 0;
  std::size_t size() const { return end - begin; }
  friend bool operator==(const Part&, const Part&) = default;
};

// Filled, then sorted once, then sent. One thread.
class Outgoing {
 public:
  Outgoing() = default;
  Outgoing(Outgoing&&) = default;  // labels_ points into series_numbers_: no copies
  Outgoing& operator=(Outgoing&&) = default;

  std::uint32_t Machine(const MachineId& id);
  // The number of the series with these labels (series_labels.h).
  std::uint32_t Series(std::string labels);
  void Add(std::uint32_t machine, std::uint32_t series, std::int64_t time_ms, double value);
  // What the metric means goes with the next request that is made.
  void AddMetadata(const v1::SeriesDescriptor& series);

  // Orders by machine, time, series: so parts along machines and moments are ranges. Of two samples of one series at
  // one time the last added stays, a marker only if it is alone.
  void Sort();

  std::size_t size() const { return samples_.size(); }
  bool empty() const { return samples_.empty(); }
  const OutgoingSample& at(std::size_t index) const { return samples_[index]; }
  const MachineId& machine_id(std::uint32_t machine) const { return machines_[machine]; }

  // The body of a request: each series once, its points ascending. With metadata: those added since the last such call.
  std::string Request(Part part, bool with_metadata);

 private:
  std::vector<MachineId> machines_;
  absl::flat_hash_map<MachineId, std::uint32_t> machine_numbers_;
  std::vector<std::string_view> labels_;  // by series, into the keys of series_numbers_
  absl::node_hash_map<std::string, std::uint32_t> series_numbers_;
  std::vector<OutgoingSample> samples_;
  std::string metadata_;  // ready fields of a request
};

}  // namespace steward::collector
