// A sink that keeps what a probe reports, as "name{label=value} number" lines, for tests.
#pragma once

#include <cstdint>
#include <limits>
#include <map>
#include <string>
#include <string_view>

#include "agent/probe.h"
#include "base/text.h"
#include "gtest/gtest.h"

namespace steward::agent {

class Collected final : public SampleSink {
 public:
  void Add(const Metric& metric, absl::Span<const LabelView> labels, std::int64_t value) override {
    integers[Key(metric, labels)] = value;
    metrics[std::string(metric.name)] = &metric;
  }
  void AddDouble(const Metric& metric, absl::Span<const LabelView> labels, double value) override {
    doubles[Key(metric, labels)] = value;
    metrics[std::string(metric.name)] = &metric;
  }
  void AddUnsigned(const Metric& metric, absl::Span<const LabelView> labels, std::uint64_t value) override {
    constexpr auto kMax = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
    if (value > kMax) ++saturated;
    Add(metric, labels, static_cast<std::int64_t>(value > kMax ? kMax : value));
  }

  bool Has(const std::string& key) const { return integers.contains(key) || doubles.contains(key); }
  std::int64_t Integer(const std::string& key) const {
    const auto found = integers.find(key);
    return found == integers.end() ? kAbsent : found->second;
  }
  // As Prometheus shows it.
  double Scaled(const std::string& key) const {
    const Metric& metric = *metrics.at(key.substr(0, key.find('{')));
    return static_cast<double>(Integer(key)) * static_cast<double>(metric.numerator) /
           static_cast<double>(metric.denominator);
  }

  static constexpr std::int64_t kAbsent = -987654321;
  std::map<std::string, std::int64_t> integers;
  std::map<std::string, double> doubles;
  std::map<std::string, const Metric*> metrics;
  int saturated = 0;

 private:
  static std::string Key(const Metric& metric, absl::Span<const LabelView> labels) {
    std::string key(metric.name);
    std::string_view last;
    for (const auto& [name, value] : labels) {
      StrAppend(&key, last.empty() ? "{" : ",", name, "=", value);
      EXPECT_LT(last, name) << "labels must be sorted and unique: " << key;
      last = name;
    }
    if (!last.empty()) key += "}";
    EXPECT_FALSE(key.empty());
    return key;
  }
};

}  // namespace steward::agent
