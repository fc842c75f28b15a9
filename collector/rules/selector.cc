#include "collector/rules/selector.h"

#include <algorithm>
#include <utility>

#include "re2/re2.h"

namespace steward::collector {
namespace {

bool Fits(const Selector::Matcher& matcher, std::string_view value) {
  switch (matcher.op) {
    case Selector::Operator::kEqual: return value == matcher.value;
    case Selector::Operator::kNotEqual: return value != matcher.value;
    case Selector::Operator::kMatches: return re2::RE2::FullMatch({value.data(), value.size()}, *matcher.pattern);
    case Selector::Operator::kMatchesNot: return !re2::RE2::FullMatch({value.data(), value.size()}, *matcher.pattern);
  }
  return false;
}

}  // namespace

std::string_view LabelOf(const v1::SeriesDescriptor& series, std::string_view name) {
  for (const v1::Label& label : series.labels()) {
    if (label.name() == name) return label.value();
  }
  return {};
}

Selector MetricSelector(std::string metric) {
  Selector selector;
  selector.text = metric;
  selector.metric = std::move(metric);
  return selector;
}

bool Selector::Matches(const v1::SeriesDescriptor& series) const {
  return series.metric() == metric &&
         std::all_of(matchers.begin(), matchers.end(),
                     [&](const Matcher& matcher) { return Fits(matcher, LabelOf(series, matcher.label)); });
}

}  // namespace steward::collector
