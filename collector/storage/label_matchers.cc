#include "collector/storage/label_matchers.h"

#include <re2/re2.h>

#include <algorithm>
#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"

namespace steward::collector {
namespace {

constexpr std::int64_t kExpressionBytesMax = 1 << 20;

bool IsExpression(LabelOperator op) { return op == LabelOperator::kMatches || op == LabelOperator::kMatchesNot; }

// As in Prometheus, a label that is absent is empty.
std::string_view ValueOf(const v1::SeriesDescriptor& series, std::string_view name) {
  for (const v1::Label& label : series.labels()) {
    if (label.name() == name) return label.value();
  }
  return {};
}

std::string_view ValueOf(const std::map<std::string, std::string>& labels, const std::string& name) {
  const auto it = labels.find(name);
  return it == labels.end() ? std::string_view() : it->second;
}

}  // namespace

LabelMatchers::LabelMatchers() = default;
LabelMatchers::LabelMatchers(LabelMatchers&&) noexcept = default;
LabelMatchers& LabelMatchers::operator=(LabelMatchers&&) noexcept = default;
LabelMatchers::~LabelMatchers() = default;

absl::StatusOr<LabelMatchers> LabelMatchers::Create(absl::Span<const LabelMatch> matches) {
  LabelMatchers result;
  for (const LabelMatch& match : matches) {
    Matcher& matcher = result.matchers_.emplace_back();
    matcher.match = &match;
    if (!IsExpression(match.op)) continue;
    re2::RE2::Options options(re2::RE2::Quiet);
    options.set_max_mem(kExpressionBytesMax);
    options.set_dot_nl(true);
    matcher.expression = std::make_unique<re2::RE2>(match.value, options);
    if (!matcher.expression->ok()) {
      return absl::InvalidArgumentError(absl::StrCat("\"", match.value, "\", for the label ", match.name,
                                                     ", is no regular expression: ", matcher.expression->error()));
    }
  }
  return result;
}

bool LabelMatchers::Match(const v1::SeriesDescriptor& series) const { return MatchAll(series); }

bool LabelMatchers::Match(const std::map<std::string, std::string>& labels) const { return MatchAll(labels); }

template <class Labels>
bool LabelMatchers::MatchAll(const Labels& labels) const {
  return std::all_of(matchers_.begin(), matchers_.end(), [&](const Matcher& matcher) {
    const std::string_view value = ValueOf(labels, matcher.match->name);
    const bool equal = matcher.expression == nullptr
                           ? value == matcher.match->value
                           : re2::RE2::FullMatch({value.data(), value.size()}, *matcher.expression);
    const LabelOperator op = matcher.match->op;
    return equal == (op == LabelOperator::kEqual || op == LabelOperator::kMatches);
  });
}

}  // namespace steward::collector
