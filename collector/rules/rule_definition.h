// A threshold rule as data: what it reads, when it is an issue and what it says then. catalogue/*.toml has those that are
// shipped, [[rule]] in collector.toml the company's own; ARCHITECTURE.md tells how to write one.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "collector/rules/expression.h"
#include "collector/rules/selector.h"
#include "collector/rules/severity.h"

namespace steward::collector {

struct LevelDefinition {
  std::string name;
  Severity severity = Severity::kLow;
  std::vector<std::string> classes;  // empty: all
  Expression when;                   // true: raised
  std::optional<Expression> clear;   // true: clear; none: whenever `when` is false
  std::optional<Expression> threshold;  // the level shown as evidence; none: 0
  absl::Duration raise_time, clear_time;
};

struct RuleDefinition {
  std::string type;        // the catalogue's id; several definitions may share one if their subjects differ
  int version = 1;
  std::string title;
  std::string party;       // partner, it-manager
  std::vector<std::string> classes;         // of machines that are judged; empty: all
  std::size_t viewpoints = 0;  // machines of a site that must see it; zero: an issue is the machine's, else the site's
  std::size_t viewpoints_percent = 0;  // and so many of a hundred that look
  std::string subject;                      // "md {device}"; empty: the machine
  std::vector<std::string> subject_labels;  // in braces in `subject`
  bool own = false;            // the company's
  bool gone_is_clear = false;  // a subject that is no longer reported is repaired (a unit, a disk that was replaced)
  std::vector<std::pair<std::string, double>> thresholds;  // with their defaults; by these names in the configuration
  std::vector<Selector> selectors;
  Expression value;
  std::string unit;        // of the value: %, s, d, h, B, C; empty: a number
  bool lower_is_worse = false;
  std::vector<LevelDefinition> levels;      // by rising severity
  std::map<std::string, Expression> details;
  std::string fact;        // "check/{check}": of the inventory, in which the machine itself tells more; empty: none
  std::optional<Expression> info;  // series that are read for their labels alone
  std::string summary, meaning, next_step;  // with {label}, {machine}, {value}, {detail}
};

}  // namespace steward::collector
