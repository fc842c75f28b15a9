// How bad an issue is. Names are what people see in labels, JSON and configuration.
#pragma once

#include <cstdint>
#include <string_view>

namespace steward::collector {

enum class Severity : std::uint8_t { kNone = 0, kLow = 1, kMedium = 2, kHigh = 3, kCritical = 4 };

constexpr std::string_view SeverityName(Severity severity) {
  switch (severity) {
    case Severity::kLow: return "low";
    case Severity::kMedium: return "medium";
    case Severity::kHigh: return "high";
    case Severity::kCritical: return "critical";
    case Severity::kNone: break;
  }
  return "";
}

// kNone for a word that is no severity.
constexpr Severity ParseSeverity(std::string_view name) {
  for (const Severity severity : {Severity::kLow, Severity::kMedium, Severity::kHigh, Severity::kCritical}) {
    if (SeverityName(severity) == name) return severity;
  }
  return Severity::kNone;
}

}  // namespace steward::collector
