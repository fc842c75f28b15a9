#include "agent/probes/check_output.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "absl/strings/numbers.h"
#include "agent/probes/text.h"
#include "base/text.h"

namespace steward::agent {
namespace {

constexpr std::array<std::string_view, 4> kStatusNames = {"good", "warning", "critical", "unknown"};

constexpr std::array<std::pair<std::string_view, double>, 14> kUnits = {{
    {"", 1},
    {"c", 1},
    {"s", 1},
    {"ms", 1e-3},
    {"us", 1e-6},
    {"ns", 1e-9},
    {"%", 1e-2},
    {"B", 1},
    {"KB", 1024.0},
    {"MB", 1048576.0},
    {"GB", 1073741824.0},
    {"TB", 1099511627776.0},
    {"PB", 1125899906842624.0},
    {"W", 1},
}};

// Takes the number at the front of `text`.
std::optional<double> TakeNumber(std::string_view& text) {
  const std::size_t size = std::min(text.find_first_not_of("+-.0123456789eE"), text.size());
  double number = 0;
  if (size == 0 || !absl::SimpleAtod(ToAbsl(text.substr(0, size)), &number)) return std::nullopt;
  text.remove_prefix(size);
  return number;
}

std::optional<double> WholeNumber(std::string_view text) {
  const std::optional<double> number = TakeNumber(text);
  return text.empty() ? number : std::nullopt;
}

void AddText(std::string& text, std::string_view line) {
  line = Trimmed(line);
  if (line.empty()) return;
  StrAppend(&text, text.empty() ? "" : "\n", line);
  text.resize(std::min(text.size(), kCheckTextBytesMax));
}

// Nagios.

// 'a label'=12.5MB;warn;crit;min;max
bool TakePerformanceValue(std::string_view& rest, CheckValue& value) {
  value.metric.clear();
  if (rest.starts_with('\'')) {
    std::size_t at = 1;
    for (; at < rest.size(); ++at) {
      if (rest[at] != '\'') {
        value.metric += rest[at];
      } else if (at + 1 < rest.size() && rest[at + 1] == '\'') {
        value.metric += rest[at++];
      } else {
        break;
      }
    }
    rest.remove_prefix(std::min(at + 1, rest.size()));
  } else {
    value.metric = std::string(rest.substr(0, rest.find_first_of("= \t")));
    rest.remove_prefix(value.metric.size());
  }
  const std::string_view item = rest.substr(0, rest.find_first_of(" \t"));
  rest.remove_prefix(item.size());
  if (value.metric.empty() || value.metric.size() > kCheckNameBytesMax || !item.starts_with('=')) return false;
  std::string_view number = item.substr(1, item.find(';') - 1);
  const std::optional<double> parsed = TakeNumber(number);
  const auto unit = std::find_if(kUnits.begin(), kUnits.end(), [&](const auto& one) { return one.first == number; });
  if (!parsed) return false;  // "U": the plugin does not know
  value.value = *parsed * (unit == kUnits.end() ? 1 : unit->second);
  return true;
}

void AddPerformanceData(std::string_view rest, std::vector<CheckValue>& values) {
  CheckValue value;
  while (!(rest = Trimmed(rest)).empty() && values.size() < kCheckValuesMax) {
    const std::size_t before = rest.size();
    if (TakePerformanceValue(rest, value)) values.push_back(value);
    if (rest.size() == before) return;
  }
}

CheckVerdict ParseNagios(int exit_code, std::string_view output) {
  CheckVerdict verdict;
  const bool known = exit_code >= kCheckGood && exit_code <= kCheckUnknown;
  verdict.status = known ? exit_code : static_cast<int>(kCheckUnknown);
  bool first = true;
  bool only_data = false;  // the second '|' has come
  std::string_view line;
  while (NextLine(output, line)) {
    const std::size_t bar = only_data ? 0 : line.find('|');
    AddText(verdict.text, line.substr(0, bar));
    if (bar != std::string_view::npos) AddPerformanceData(line.substr(only_data ? 0 : bar + 1), verdict.values);
    only_data = only_data || (!first && bar != std::string_view::npos);
    first = false;
  }
  if (!known) AddText(verdict.text, StrCat("(its exit code ", exit_code, " is none of 0 to 3)"));
  return verdict;
}

// Checkmk.

// The status that a value has by "upper" or "lower:upper".
bool IsBeyond(double value, std::string_view level) {
  const std::size_t colon = level.find(':');
  if (colon != std::string_view::npos) {
    const std::optional<double> lower = WholeNumber(level.substr(0, colon));
    if (lower && value < *lower) return true;
    level = level.substr(colon + 1);
  }
  const std::optional<double> upper = WholeNumber(level);
  return upper && value >= *upper;
}

// "count=40;30;50|other=1": false if it is not that. `worst` is what the levels say.
bool ParseMetrics(std::string_view text, std::vector<CheckValue>& values, int& worst) {
  if (text == "-") return true;
  std::string_view item;
  while (NextPart(text, '|', item)) {
    const std::size_t equals = item.find('=');
    if (equals == 0 || equals == std::string_view::npos || equals > kCheckNameBytesMax) return false;
    const std::string_view metric = item.substr(0, equals);
    item.remove_prefix(equals + 1);
    std::string_view number, warning, critical;
    NextPart(item, ';', number);
    NextPart(item, ';', warning);
    NextPart(item, ';', critical);
    const std::optional<double> value = WholeNumber(number);
    if (!value) return false;
    if (IsBeyond(*value, critical)) {
      worst = kCheckCritical;
    } else if (IsBeyond(*value, warning)) {
      worst = std::max<int>(worst, kCheckWarning);
    }
    if (values.size() < kCheckValuesMax) values.push_back({std::string(metric), *value});
  }
  return true;
}

std::optional<CheckVerdict> ParseService(std::string_view line) {
  std::string_view status, name, metrics;
  if (!NextField(line, status) || status.size() != 1 || std::string_view("0123P").find(status) == std::string_view::npos) {
    return std::nullopt;
  }
  line = Trimmed(line);
  if (line.starts_with('"')) {
    name = line.substr(1, line.find('"', 1) - 1);
    line.remove_prefix(std::min(name.size() + 2, line.size()));
  } else {
    NextField(line, name);
  }
  CheckVerdict verdict;
  int worst = kCheckGood;
  if (name.empty() || name.size() > kCheckNameBytesMax || !NextField(line, metrics) ||
      !ParseMetrics(metrics, verdict.values, worst)) {
    return std::nullopt;
  }
  verdict.name = std::string(name);
  verdict.status = status == "P" ? worst : status.front() - '0';
  for (std::size_t at = line.find("\\n"); at != std::string_view::npos; at = line.find("\\n")) {
    AddText(verdict.text, line.substr(0, at));
    line.remove_prefix(at + 2);
  }
  AddText(verdict.text, line);
  return verdict;
}

}  // namespace

std::string_view CheckStatusName(int status) {
  return status >= kCheckGood && status <= kCheckUnknown ? kStatusNames[static_cast<std::size_t>(status)] : kStatusNames.back();
}

std::vector<CheckVerdict> ParseCheckOutput(int exit_code, std::string_view output) {
  std::string_view rest = output;
  std::string_view line;
  if (!NextLine(rest, line) || !ParseService(line)) return {ParseNagios(exit_code, output)};
  std::vector<CheckVerdict> verdicts;
  CheckVerdict wrong;
  rest = output;
  while (NextLine(rest, line) && verdicts.size() < kCheckServicesMax) {
    if (Trimmed(line).empty()) continue;
    if (auto verdict = ParseService(line)) {
      verdicts.push_back(*std::move(verdict));
    } else if (wrong.text.empty()) {
      AddText(wrong.text, "a line is not understood; write: 0 \"Service\" metric=1.5 text");
    }
  }
  if (!wrong.text.empty()) verdicts.push_back(std::move(wrong));
  return verdicts;
}

}  // namespace steward::agent
