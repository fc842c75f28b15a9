// The small language of threshold rules: arithmetic and comparisons on the series of one subject of one machine.
//
//   100 * node_filesystem_files_free / node_filesystem_files
//   increase(node_vmstat_oom_kill[7d]) >= few and age(node_boot_time_seconds) > 10m
//
// Numbers may carry a unit (s m h d: seconds; kB MB GB TB: bytes). A selector is written as in PromQL. Names without braces
// and underscore are the rule's levels, and `value`, the rule's value. Lowest to highest: or, and, not, comparisons, + -, * /.
//
// Several series of one subject make a list. sum, mean, count, min and max make a number of it; everything else that needs a
// number takes the largest. What has no data is missing, and so is what is computed from it: `a or b` holds if one of them
// does, `a and b` fails if one of them does, whatever is missing.
//
//   rate(s[5m])      increase a second, counter resets allowed for; without a window: since the sample before
//   increase(s[7d])  increase within the window; of a counter that is there at first sight: since then
//   events(s[7d])    the same of a counter that begins with its first event: that is one
//   least(s[1h]), greatest(s[1h]), average(s[1h]), median(s[1h])   of the samples within the window
//   age(s)           seconds from the value, a Unix time, to the sample's time
//   default(a, b)    b where a is missing
//   where(c, a)     a if c holds; else missing
//   exists(s)        1 if there is such a series, else 0; never missing
//   abs(a)
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/inlined_vector.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "collector/rules/selector.h"

namespace steward::collector {

// Empty: missing.
using Values = absl::InlinedVector<double, 2>;

// How the values of a selector are made of its series.
enum class Reading { kLatest, kRate, kIncrease, kEvents, kLeast, kGreatest, kAverage, kMedian, kAge };

// What an expression is judged on.
class ExpressionScope {
 public:
  virtual ~ExpressionScope() = default;
  virtual Values Read(std::size_t selector, Reading reading) const = 0;
  virtual double Level(std::size_t name) const = 0;
  virtual Values Value() const = 0;
};

class Expression {
 public:
  static constexpr std::size_t kBytesMax = 1000;
  static constexpr int kDepthMax = 30;
  static constexpr std::size_t kSelectorsMax = 20;  // of a rule

  // `names` are the rule's levels. Selectors that are new are appended to `selectors`, so that several expressions share
  // them. InvalidArgument says what is wrong at which column, and what to write instead.
  static absl::StatusOr<Expression> Parse(std::string_view text, absl::Span<const std::string> names,
                                          std::vector<Selector>& selectors);

  Values Evaluate(const ExpressionScope& scope) const { return Evaluate(root_, scope); }

 private:
  friend class ExpressionParser;

  enum class Op {
    kNumber, kLevel, kValue, kSeries,
    kAdd, kSubtract, kMultiply, kDivide, kNegate,
    kLess, kLessEqual, kGreater, kGreaterEqual, kEqual, kNotEqual, kAnd, kOr, kNot,
    kSum, kMean, kCount, kMin, kMax, kDefault, kWhere, kExists, kAbs,
  };

  struct Node {
    Op op = Op::kNumber;
    double number = 0;
    std::size_t index = 0;  // of a level or selector
    Reading reading = Reading::kLatest;
    std::vector<Node> arguments;
  };

  static Values Evaluate(const Node& node, const ExpressionScope& scope);

  Node root_;
};

// The number that a list stands for; false: missing.
bool Number(const Values& values, double& number);
bool IsTrue(const Values& values);

}  // namespace steward::collector
