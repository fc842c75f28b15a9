#include "collector/rules/expression.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

namespace steward::collector {

bool Number(const Values& values, double& number) {
  if (values.empty()) return false;
  number = *std::max_element(values.begin(), values.end());
  return true;
}

bool IsTrue(const Values& values) {
  double number = 0;
  return Number(values, number) && number != 0;
}

Values Expression::Evaluate(const Node& node, const ExpressionScope& scope) {
  const auto argument = [&](std::size_t i) { return Evaluate(node.arguments[i], scope); };
  const auto of_list = [&](auto function) -> Values {
    const Values values = argument(0);
    if (values.empty()) return {};
    return {function(values)};
  };
  switch (node.op) {
    case Op::kNumber: return {node.number};
    case Op::kLevel: return {scope.Level(node.index)};
    case Op::kValue: return scope.Value();
    case Op::kSeries: return scope.Read(node.index, node.reading);
    case Op::kSum: return of_list([](const Values& list) { return std::accumulate(list.begin(), list.end(), 0.0); });
    case Op::kMean:
      return of_list([](const Values& list) {
        return std::accumulate(list.begin(), list.end(), 0.0) / static_cast<double>(list.size());
      });
    case Op::kCount: return of_list([](const Values& list) { return static_cast<double>(list.size()); });
    case Op::kMin: return of_list([](const Values& list) { return *std::min_element(list.begin(), list.end()); });
    case Op::kMax: return of_list([](const Values& list) { return *std::max_element(list.begin(), list.end()); });
    case Op::kExists: return {argument(0).empty() ? 0.0 : 1.0};
    case Op::kDefault: {
      Values first = argument(0);
      return first.empty() ? argument(1) : first;
    }
    case Op::kWhere: return IsTrue(argument(0)) ? argument(1) : Values();
    case Op::kAnd: {
      const Values left = argument(0);
      if (!left.empty() && !IsTrue(left)) return {0};
      const Values right = argument(1);
      if (!right.empty() && !IsTrue(right)) return {0};
      if (left.empty() || right.empty()) return {};
      return {1};
    }
    case Op::kOr: {
      const Values left = argument(0);
      if (IsTrue(left)) return {1};
      const Values right = argument(1);
      if (IsTrue(right)) return {1};
      if (left.empty() || right.empty()) return {};
      return {0};
    }
    default: break;
  }
  double left = 0;
  double right = 0;
  if (!Number(argument(0), left)) return {};
  if (node.arguments.size() > 1 && !Number(argument(1), right)) return {};
  const auto finite = [](double number) -> Values { return std::isfinite(number) ? Values{number} : Values{}; };
  const auto truth = [](bool holds) -> Values { return {holds ? 1.0 : 0.0}; };
  switch (node.op) {
    case Op::kAdd: return finite(left + right);
    case Op::kSubtract: return finite(left - right);
    case Op::kMultiply: return finite(left * right);
    case Op::kDivide: return finite(left / right);  // by zero: there is nothing to judge
    case Op::kNegate: return {-left};
    case Op::kAbs: return {std::abs(left)};
    case Op::kNot: return truth(left == 0);
    case Op::kLess: return truth(left < right);
    case Op::kLessEqual: return truth(left <= right);
    case Op::kGreater: return truth(left > right);
    case Op::kGreaterEqual: return truth(left >= right);
    case Op::kEqual: return truth(left == right);
    case Op::kNotEqual: return truth(left != right);
    default: return {};
  }
}

}  // namespace steward::collector
