// The thresholds in force for one rule on one machine: the rule's own, overridden by configuration.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "absl/time/time.h"
#include "absl/types/span.h"
#include "collector/config/config.h"
#include "collector/rules/severity.h"

namespace steward::collector {

// A level by name, with the default that its rule brings.
struct Threshold {
  std::string_view name;
  double value = 0;
};

class RuleSettings {
 public:
  explicit RuleSettings(absl::Span<const Threshold> defaults, RuleConfig config = {})
      : defaults_(defaults), config_(std::move(config)) {}

  bool enabled() const { return config_.enabled.value_or(true); }
  // Switched on in so many words: also where the rule is not for the machine's class.
  bool is_asked_for() const { return config_.enabled == true; }
  // What everything that the rule raises is to be told as; kNone: as its levels say.
  Severity severity() const { return ParseSeverity(config_.severity); }
  // Somebody wants to hear of it at once.
  bool raise_is_none() const { return config_.raise == absl::ZeroDuration(); }
  absl::Duration Raise(absl::Duration by_default) const { return config_.raise.value_or(by_default); }
  absl::Duration Clear(absl::Duration by_default) const { return config_.clear.value_or(by_default); }
  // `name` is one of the defaults.
  double Level(std::string_view name) const;

  // What is in force for one subject of the machine; *this unless something is set for subjects. Used on one thread; valid until
  // the next call.
  const RuleSettings& For(std::string_view subject) const;
  bool has_subjects() const { return !config_.subjects.empty(); }

 private:
  static constexpr std::size_t kSubjectsKept = 1'000;

  absl::Span<const Threshold> defaults_;
  RuleConfig config_;
  mutable std::map<std::string, RuleSettings, std::less<>> by_subject_;  // asked for so far
};

}  // namespace steward::collector
