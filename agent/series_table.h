// Gives every series of an epoch its number. Series are told apart by metric and labels as they travel.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "agent/probe.h"
#include "steward/v1/sample.pb.h"

namespace steward::agent {

class SeriesTable {
 public:
  struct Found {
    std::uint32_t id = 0;   // 0: it cannot be a series; `reason` says why, the first time only
    std::string reason;
  };

  // New ones are appended to `fresh`. Series of a group are usually asked for in the order of the time before: then
  // nothing is hashed. `group` from 1.
  Found Find(std::uint32_t group, const Metric& metric, absl::Span<const LabelView> labels, v1::DescriptorSet& fresh);
  // Before the series of a group are asked for.
  void BeginGroup(std::uint32_t group);
  void Clear();
  std::size_t size() const { return series_.size(); }

 private:
  struct Series {
    std::string key;
    std::uint32_t id = 0;
    std::uint32_t group = 0;
    std::uint32_t next = 0;  // index + 1 of the one that followed the last time
  };

  void MakeKey(const Metric& metric, absl::Span<const LabelView> labels);
  std::uint32_t AddSeries(std::uint32_t group, const Metric& metric, absl::Span<const LabelView> labels,
                          v1::DescriptorSet& fresh, std::string& reason);

  std::string key_;                                             // scratch
  std::deque<Series> series_;                                   // addresses stay
  absl::flat_hash_map<absl::string_view, std::uint32_t> index_;  // key to index
  absl::flat_hash_set<absl::string_view> helped_;               // metrics whose help was declared
  std::vector<std::uint32_t> group_first_;                      // by group: index + 1 of its first series
  std::uint32_t* link_ = nullptr;                               // where the number of the next one is expected
  std::uint32_t last_id_ = 0;
};

}  // namespace steward::agent
