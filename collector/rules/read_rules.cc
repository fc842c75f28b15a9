#include "collector/rules/read_rules.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "base/text.h"

namespace steward::collector {
namespace {

constexpr absl::Duration kTimeMax = absl::Hours(24 * 400);
constexpr std::size_t kLevelsMax = 6;
constexpr double kViewpointsMax = 100;
const std::vector<std::string> kSeverities = {"low", "medium", "high", "critical"};
const std::vector<std::string> kParties = {"partner", "it-manager"};
const std::vector<std::string> kClasses = {"server", "desktop", "laptop"};
const std::vector<std::string> kUnits = {"", "%", "s", "h", "d", "B", "C"};

bool IsTypeName(std::string_view text) {
  return !text.empty() && text.size() <= 60 && text.front() != '-' && text.back() != '-' &&
         std::all_of(text.begin(), text.end(), [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; });
}

template <typename T, typename Value>
void Set(std::optional<Value> value, T& out) {
  if (value) out = *std::move(value);
}

// The names in braces, in order. Nothing: a brace is not closed.
std::optional<std::vector<std::string>> NamesIn(std::string_view text) {
  std::vector<std::string> names;
  for (std::size_t at = 0; (at = text.find('{', at)) != std::string_view::npos;) {
    const std::size_t end = text.find('}', at);
    if (end == std::string_view::npos || end == at + 1) return std::nullopt;
    std::string name(text.substr(at + 1, end - at - 1));
    if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(std::move(name));
    at = end;
  }
  return names;
}

class RuleReader {
 public:
  RuleReader(TableReader& reader, RuleDefinition& rule) : reader_(reader), rule_(rule) {}

  bool Read() {
    Set(reader_.RequiredString("type"), rule_.type);
    if (!rule_.type.empty() && !IsTypeName(rule_.type)) {
      Wrong("type", StrCat("\"", rule_.type, "\" is no name for a type; write lower-case words with hyphens: \"tape-full\""));
    }
    Set(reader_.RequiredString("title"), rule_.title);
    rule_.party = reader_.Word("party", kParties).value_or("partner");
    ReadClasses(reader_, rule_.classes);
    ReadViewpoints();
    ReadViewpointsPercent();
    Set(reader_.String("subject"), rule_.subject);
    const auto labels = NamesIn(rule_.subject);
    if (labels) rule_.subject_labels = *labels;
    else Wrong("subject", "a { is not closed; write subject = \"{device}\" with the label that tells the subjects apart");
    rule_.gone_is_clear = reader_.Bool("gone_is_clear").value_or(false);
    if (const auto version = reader_.Number("version")) rule_.version = static_cast<int>(*version);
    reader_.Table("thresholds", [&](TableReader& table) { ReadThresholds(table); });
    Set(ReadExpression(reader_, "value", true), rule_.value);
    Set(reader_.Word("unit", kUnits), rule_.unit);
    rule_.lower_is_worse = reader_.Bool("lower_is_worse").value_or(false);
    reader_.Tables("level", [&](TableReader& table) { ReadLevel(table); });
    if (rule_.levels.empty()) Wrong("level", "[[rule]] needs at least one [[rule.level]]");
    reader_.Table("details", [&](TableReader& table) { ReadDetails(table); });
    rule_.info = ReadExpression(reader_, "info", false);
    ReadFact();
    ReadText("summary", rule_.summary);
    ReadText("meaning", rule_.meaning);
    ReadText("next_step", rule_.next_step);
    if (rule_.selectors.empty() && good_) Wrong("value", "reads no metric: the rule would never judge anything");
    return good_;
  }

 private:
  void Wrong(std::string_view key, std::string_view what) { Wrong(reader_, key, what); }
  void Wrong(TableReader& reader, std::string_view key, std::string_view what) {
    reader.Error(key, what);
    good_ = false;
  }

  void ReadClasses(TableReader& reader, std::vector<std::string>& classes) {
    Set(reader.Strings("class"), classes);
    for (const std::string& name : classes) {
      if (std::find(kClasses.begin(), kClasses.end(), name) != kClasses.end()) continue;
      Wrong(reader, "class", StrCat("\"", name, "\" is no class; write a list of: server, desktop, laptop"));
    }
  }

  void ReadViewpoints() {
    const std::optional<double> viewpoints = reader_.Number("viewpoints");
    if (!viewpoints) return;
    rule_.viewpoints = static_cast<std::size_t>(std::clamp(*viewpoints, 0.0, kViewpointsMax));
    if (*viewpoints != static_cast<double>(rule_.viewpoints) || rule_.viewpoints == 0) {
      Wrong("viewpoints", StrCat("is a whole number from 1 to ", kViewpointsMax, ": so many machines of a site must see it, and the issue is the "
                                 "site's; without it the issue is each machine's"));
    }
  }

  void ReadViewpointsPercent() {
    const std::optional<double> percent = reader_.Number("viewpoints_percent");
    if (!percent) return;
    rule_.viewpoints_percent = static_cast<std::size_t>(std::clamp(*percent, 0.0, 100.0));
    if (*percent != static_cast<double>(rule_.viewpoints_percent) || rule_.viewpoints_percent == 0 || rule_.viewpoints == 0) {
      Wrong("viewpoints_percent", "is a whole number from 1 to 100 beside viewpoints: so many of a hundred machines that look must see it as well");
    }
  }

  void ReadFact() {
    Set(reader_.String("fact"), rule_.fact);
    if (rule_.fact.empty()) return;
    const std::size_t slash = rule_.fact.find('/');
    const auto labels = NamesIn(rule_.fact);
    const auto is_known = [&](const std::string& label) {
      return std::find(rule_.subject_labels.begin(), rule_.subject_labels.end(), label) != rule_.subject_labels.end();
    };
    if (slash == 0 || slash == std::string::npos || slash + 1 == rule_.fact.size() || rule_.fact.find('{') < slash || !labels ||
        !std::all_of(labels->begin(), labels->end(), is_known)) {
      Wrong("fact", "names a fact of the machine's inventory as group/key, in which labels of the subject may stand: fact = \"check/{check}\"");
    }
  }

  void ReadThresholds(TableReader& table) {
    for (const auto& [key, node] : table.table()) {
      const std::string name(key.str());
      const auto value = table.Number(name);
      if (!value) good_ = false;
      else rule_.thresholds.emplace_back(name, *value);
    }
    // TOML's tables have no order; the names' is as good as any.
    for (const auto& [name, value] : rule_.thresholds) names_.push_back(name);
  }

  std::optional<Expression> ReadExpression(TableReader& reader, std::string_view key, bool required) {
    const std::optional<std::string> text = required ? reader.RequiredString(key) : reader.String(key);
    if (!text) {
      if (required || reader.Has(key)) good_ = false;
      return std::nullopt;
    }
    absl::StatusOr<Expression> expression = Expression::Parse(*text, names_, rule_.selectors);
    if (expression.ok()) return *std::move(expression);
    Wrong(reader, key, StrCat(key, ", ", ToStd(expression.status().message())));
    return std::nullopt;
  }

  void ReadLevel(TableReader& table) {
    LevelDefinition level;
    Set(table.RequiredString("name"), level.name);
    const bool taken = std::any_of(rule_.levels.begin(), rule_.levels.end(), [&](const LevelDefinition& other) { return other.name == level.name; });
    if (taken) Wrong(table, "name", StrCat("another level is called \"", level.name, "\"; each needs a name of its own"));
    level.severity = ParseSeverity(table.Word("severity", kSeverities).value_or(""));
    if (level.severity == Severity::kNone) Wrong(table, "severity", "[[rule.level]] needs severity = \"low\", \"medium\", \"high\" or \"critical\"");
    ReadClasses(table, level.classes);
    Set(ReadExpression(table, "when", true), level.when);
    if (auto clear = ReadExpression(table, "clear", false)) level.clear = std::move(clear);
    level.threshold = ReadExpression(table, "threshold", false);
    level.raise_time = table.Duration("raise", absl::ZeroDuration(), kTimeMax).value_or(absl::ZeroDuration());
    level.clear_time = table.Duration("clear_after", absl::ZeroDuration(), kTimeMax).value_or(level.raise_time);
    if (!rule_.levels.empty() && level.severity < rule_.levels.back().severity) {
      Wrong(table, "severity", "levels stand by rising severity; move this one up");
    }
    if (rule_.levels.size() == kLevelsMax) Wrong(table, "name", StrCat("is one more than the ", kLevelsMax, " levels that a rule may have"));
    rule_.levels.push_back(std::move(level));
  }

  void ReadDetails(TableReader& table) {
    for (const auto& [key, node] : table.table()) {
      const std::string name(key.str());
      if (auto expression = ReadExpression(table, name, true)) rule_.details.emplace(name, *std::move(expression));
    }
  }

  void ReadText(std::string_view key, std::string& out) {
    Set(reader_.RequiredString(key), out);
    if (out.empty()) good_ = false;
    if (!NamesIn(out)) Wrong(key, "a { is not closed");
  }

  TableReader& reader_;
  RuleDefinition& rule_;
  std::vector<std::string> names_;  // of the thresholds
  bool good_ = true;
};

}  // namespace

void ReadRule(TableReader& reader, std::vector<RuleDefinition>& rules) {
  RuleDefinition rule;
  if (RuleReader(reader, rule).Read()) rules.push_back(std::move(rule));
}

absl::StatusOr<std::vector<RuleDefinition>> ParseRules(std::string_view text, std::string_view name) {
  ConfigErrors errors(name);
  std::vector<RuleDefinition> rules;
  try {
    const toml::table document = toml::parse(text);
    TableReader root(document, "", errors);
    root.Tables("rule", [&](TableReader& reader) { ReadRule(reader, rules); });
    root.Finish();
  } catch (const toml::parse_error& error) {
    errors.Add(error.source().begin, StrCat("is no TOML: ", error.description()));
  }
  if (!errors.empty()) return errors.ToStatus();
  return rules;
}

}  // namespace steward::collector
