// Which series an expression reads: node_md_disks{state="failed", device!~"loop.*"}[7d].
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/time/time.h"
#include "steward/v1/sample.pb.h"

namespace re2 {
class RE2;
}

namespace steward::collector {

struct Selector {
  enum class Operator { kEqual, kNotEqual, kMatches, kMatchesNot };  // =, !=, =~, !~ as in PromQL: patterns are anchored

  struct Matcher {
    std::string label;
    Operator op = Operator::kEqual;
    std::string value;
    std::shared_ptr<const re2::RE2> pattern;  // of the last two
  };

  std::string metric;
  std::vector<Matcher> matchers;
  absl::Duration window;  // zero: none given
  bool from_zero = false; // the counter is only there once something has happened: its first value has risen from zero
  std::string text;       // as it was written; two with the same text read the same

  // A label that the series does not have counts as empty.
  bool Matches(const v1::SeriesDescriptor& series) const;
};

// Every series of the metric.
Selector MetricSelector(std::string metric);

// The value of a label; empty if the series does not have it.
std::string_view LabelOf(const v1::SeriesDescriptor& series, std::string_view name);

}  // namespace steward::collector
