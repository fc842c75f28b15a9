// Which series a query's labels choose.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "collector/storage/records.h"
#include "steward/v1/sample.pb.h"

namespace re2 {
class RE2;
}

namespace steward::collector {

class LabelMatchers {
 public:
  // InvalidArgument: an expression that is none, or takes more than a MiB. `matches` outlives the object.
  static absl::StatusOr<LabelMatchers> Create(absl::Span<const LabelMatch> matches);
  LabelMatchers(LabelMatchers&&) noexcept;
  LabelMatchers& operator=(LabelMatchers&&) noexcept;
  ~LabelMatchers();

  // All of them hold.
  bool Match(const v1::SeriesDescriptor& series) const;
  bool Match(const std::map<std::string, std::string>& labels) const;

 private:
  struct Matcher {
    const LabelMatch* match = nullptr;
    std::unique_ptr<re2::RE2> expression;  // if the operator takes one
  };
  LabelMatchers();
  template <class Labels>
  bool MatchAll(const Labels& labels) const;

  std::vector<Matcher> matchers_;
};

}  // namespace steward::collector
