#include "agent/probes/exposition.h"

#include <algorithm>
#include <map>
#include <optional>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "agent/probes/text.h"
#include "base/text.h"

namespace steward::agent {
namespace {

struct Family {
  std::string_view help;
  std::string_view type;
};

bool IsNameByte(char c, bool first, bool colon) {
  return absl::ascii_isalpha(static_cast<unsigned char>(c)) || c == '_' || (colon && c == ':') ||
         (!first && absl::ascii_isdigit(static_cast<unsigned char>(c)));
}

// Takes a metric's or label's name off `rest`; empty: there is none.
std::string_view TakeName(std::string_view& rest, bool colon) {
  std::size_t size = 0;
  while (size < rest.size() && IsNameByte(rest[size], size == 0, colon)) ++size;
  const std::string_view name = rest.substr(0, size);
  rest.remove_prefix(size);
  return name;
}

void SkipBlanks(std::string_view& rest) {
  while (!rest.empty() && (rest.front() == ' ' || rest.front() == '\t')) rest.remove_prefix(1);
}

bool TakeByte(std::string_view& rest, char byte) {
  SkipBlanks(rest);
  if (rest.empty() || rest.front() != byte) return false;
  rest.remove_prefix(1);
  return true;
}

// What is between quotes, unescaped.
std::optional<std::string> TakeQuoted(std::string_view& rest) {
  if (!TakeByte(rest, '"')) return std::nullopt;
  std::string text;
  for (std::size_t i = 0; i < rest.size(); ++i) {
    if (rest[i] == '"') {
      rest.remove_prefix(i + 1);
      return text;
    }
    if (rest[i] != '\\') {
      text += rest[i];
    } else if (++i < rest.size()) {
      if (rest[i] != 'n' && rest[i] != '\\' && rest[i] != '"') text += '\\';
      text += rest[i] == 'n' ? '\n' : rest[i];
    }
  }
  return std::nullopt;
}

// Empty: `labels` holds them; else what is wrong.
std::string_view TakeLabels(std::string_view& rest, std::vector<std::pair<std::string, std::string>>& labels) {
  labels.clear();
  if (!TakeByte(rest, '{')) return "";
  while (!TakeByte(rest, '}')) {
    SkipBlanks(rest);
    const std::string_view name = TakeName(rest, false);
    if (name.empty() || !TakeByte(rest, '=')) return "labels are written {name=\"value\"}";
    std::optional<std::string> value = TakeQuoted(rest);
    if (!value.has_value()) return "the value of a label stands between quotes";
    labels.emplace_back(name, *std::move(value));
    if (!TakeByte(rest, ',') && !rest.starts_with('}')) return "between labels stands a comma";
  }
  std::sort(labels.begin(), labels.end());
  const auto same = [](const auto& a, const auto& b) { return a.first == b.first; };
  if (std::adjacent_find(labels.begin(), labels.end(), same) != labels.end()) return "a label occurs twice";
  return "";
}

std::string_view WithoutSuffix(std::string_view name) {
  for (const std::string_view suffix : {"_bucket", "_count", "_sum"}) {
    if (name.ends_with(suffix)) return name.substr(0, name.size() - suffix.size());
  }
  return name;
}

class Parser {
 public:
  Parser(std::string_view name, absl::FunctionRef<void(const ExposedSample&)> take, ExposedTimes times)
      : name_(name), take_(take), times_(times) {}

  absl::Status Take(std::string_view line) {
    ++number_;
    line = Trimmed(line);
    if (line.empty()) return absl::OkStatus();
    return line.front() == '#' ? TakeComment(line) : TakeSample(line);
  }

 private:
  absl::Status Wrong(std::string_view what) const { return absl::InvalidArgumentError(StrCat(name_, ":", number_, ": ", what)); }

  absl::Status TakeComment(std::string_view line) {
    std::string_view hash, word, metric;
    if (!NextField(line, hash) || hash != "#" || !NextField(line, word) || !NextField(line, metric)) return absl::OkStatus();
    if (word == "HELP") {
      families_[metric].help = Trimmed(line);
    } else if (word == "TYPE") {
      const std::string_view type = Trimmed(line);
      constexpr std::string_view kTypes[] = {"counter", "gauge", "histogram", "summary", "untyped", "unknown"};
      if (std::find(std::begin(kTypes), std::end(kTypes), type) == std::end(kTypes)) {
        return Wrong("a type is one of counter, gauge, histogram, summary and untyped");
      }
      families_[metric].type = type;
    }
    return absl::OkStatus();
  }

  absl::Status TakeSample(std::string_view line) {
    sample_.metric = TakeName(line, true);
    if (sample_.metric.empty()) return Wrong("a line begins with the name of a metric, or with #");
    if (const std::string_view wrong = TakeLabels(line, sample_.labels); !wrong.empty()) return Wrong(wrong);
    std::string_view value;
    if (!NextField(line, value) || !absl::SimpleAtod(ToAbsl(value), &sample_.value)) return Wrong("behind the name stands a number");
    if (times_ == ExposedTimes::kRefused && !Trimmed(line).empty()) return Wrong("no time behind the number: a sample is of the moment at which the file is read");
    Describe();
    take_(sample_);
    return absl::OkStatus();
  }

  void Describe() {
    auto family = families_.find(sample_.metric);
    if (family == families_.end()) family = families_.find(WithoutSuffix(sample_.metric));
    sample_.help = family == families_.end() ? std::string_view() : family->second.help;
    const std::string_view type = family == families_.end() ? std::string_view() : family->second.type;
    const bool part = type == "histogram" || (type == "summary" && family->first != sample_.metric);
    sample_.type = type == "counter" || part                   ? MetricType::kCounter
                   : type == "gauge" || type == "summary" ? MetricType::kGauge
                                                               : MetricType::kUntyped;
  }

  const std::string_view name_;
  absl::FunctionRef<void(const ExposedSample&)> take_;
  const ExposedTimes times_;
  int number_ = 0;
  std::map<std::string_view, Family, std::less<>> families_;
  ExposedSample sample_;
};

}  // namespace

absl::Status ParseExposition(std::string_view name, std::string_view text, absl::FunctionRef<void(const ExposedSample&)> take,
                             ExposedTimes times) {
  Parser parser(name, take, times);
  std::string_view line;
  while (NextLine(text, line)) {
    if (absl::Status status = parser.Take(line); !status.ok()) return status;
  }
  return absl::OkStatus();
}

void RenameReservedLabels(std::vector<std::pair<std::string, std::string>>& labels) {
  for (auto& [name, value] : labels) {
    const bool reserved = name == "instance" || name == "machine" || name == "site" || name == "class";
    if (reserved) name.insert(0, "exported_");
  }
  std::sort(labels.begin(), labels.end());
}

}  // namespace steward::agent
