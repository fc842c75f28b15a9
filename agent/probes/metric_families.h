// Metric families whose names the kernel makes up: fields of meminfo, vmstat, netstat, sockstat, hwmon.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "agent/probe.h"

namespace steward::agent {

// A family beyond this many is not reported: a source that invents names without end must not fill the memory.
inline constexpr std::size_t kFamiliesMax = 2000;
inline constexpr std::size_t kFamilyNameBytesMax = 150;

// Families by the source's own word for them. Live as long as this object, at fixed addresses.
class MetricFamilies {
 public:
  struct Definition {
    std::string name;  // made a valid metric name
    std::string help;
    MetricType type = MetricType::kGauge;
    std::int64_t numerator = 1;
    std::int64_t denominator = 1;
    ValueKind kind = ValueKind::kInteger;
  };

  // The family of `key`, made by `define` when it is seen first; null when there are too many.
  const Metric* Get(std::string_view key, const std::function<Definition(std::string_view key)>& define);

 private:
  struct Family {
    Definition definition;  // owns the text that metric shows
    Metric metric;
  };
  std::map<std::string, std::unique_ptr<Family>, std::less<>> families_;
};

// Each character that no metric name may hold becomes '_'.
std::string MetricName(std::string_view text);

}  // namespace steward::agent
