#include "collector/config/table_reader.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_join.h"
#include "base/duration.h"
#include "base/text.h"

namespace steward::collector {
namespace {

constexpr std::size_t kTextBytesMax = 4096;

std::string_view TypeName(toml::node_type type) {
  switch (type) {
    case toml::node_type::table: return "a table";
    case toml::node_type::array: return "a list";
    case toml::node_type::string: return "a text";
    case toml::node_type::integer: return "a whole number";
    case toml::node_type::floating_point: return "a number";
    case toml::node_type::boolean: return "true or false";
    default: return "a date or time";
  }
}

std::size_t EditDistance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t substituted = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, substituted});
    }
  }
  return row[b.size()];
}

// Names and addresses end up in labels, headers and logs.
bool HasControlCharacter(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; });
}

// A TOML date, or a text that looks like one. The calendar must know it: no 30 February.
std::optional<absl::CivilDay> DayOf(const toml::node& node) {
  absl::CivilDay day;
  if (const auto* date = node.as_date()) {
    day = absl::CivilDay(date->get().year, date->get().month, date->get().day);
    return day.day() == date->get().day ? std::optional(day) : std::nullopt;
  }
  const auto* text = node.as_string();
  constexpr std::size_t kLength = 10;  // 2026-12-24
  if (text == nullptr || text->get().size() != kLength || !absl::ParseCivilTime(text->get(), &day)) return std::nullopt;
  return day;
}

std::string Shown(std::string_view word) {
  constexpr std::size_t kShownBytesMax = 60;
  if (word.size() <= kShownBytesMax) return std::string(word);
  return StrCat(word.substr(0, kShownBytesMax), "...");
}

}  // namespace

void ConfigErrors::Add(const toml::source_position& at, std::string_view what) {
  if (lines_.size() == kShownMax) {
    ++left_out_;
    return;
  }
  lines_.push_back(StrCat(file_name_, ":", at.line, ":", at.column, ": ", what));
}

absl::Status ConfigErrors::ToStatus() const {
  if (lines_.empty()) return absl::OkStatus();
  std::string text = absl::StrJoin(lines_, "\n");
  if (left_out_ > 0) StrAppend(&text, "\nand ", left_out_, " more");
  return absl::InvalidArgumentError(text);
}

std::optional<std::string> NearestWord(std::string_view word, absl::Span<const std::string> known) {
  constexpr std::size_t kWordBytesMax = 64;
  if (word.size() > kWordBytesMax) return std::nullopt;
  std::optional<std::string> nearest;
  std::size_t best = std::max<std::size_t>(1, word.size() / 3) + 1;
  for (const std::string& candidate : known) {
    const std::size_t distance = EditDistance(word, candidate);
    if (distance < best) {
      best = distance;
      nearest = candidate;
    }
  }
  return nearest;
}

const toml::node* TableReader::Find(std::string_view key) {
  if (!IsKnown(key)) known_.emplace_back(key);
  return table_.get(key);
}

bool TableReader::IsKnown(std::string_view key) const { return std::find(known_.begin(), known_.end(), key) != known_.end(); }

std::string TableReader::ChildPath(std::string_view key, bool array) const {
  const std::size_t begin = path_.find_first_not_of('[');
  const std::string parent = begin == std::string::npos ? "" : path_.substr(begin, path_.find(']') - begin);
  const std::string name = parent.empty() ? Shown(key) : StrCat(parent, ".", Shown(key));
  return array ? StrCat("[[", name, "]]") : StrCat("[", name, "]");
}

void TableReader::Error(std::string_view key, std::string_view what) {
  const auto found = table_.find(key);
  errors_.Add(found == table_.end() ? table_.source().begin : found->second.source().begin, what);
}

std::optional<std::string> TableReader::String(std::string_view key) {
  const toml::node* node = Find(key);
  if (node == nullptr) return std::nullopt;
  const auto* text = node->as_string();
  if (text == nullptr) {
    Error(key, StrCat(key, " is ", TypeName(node->type()), "; write a text in quotes: ", key, " = \"...\""));
    return std::nullopt;
  }
  if (text->get().size() > kTextBytesMax || HasControlCharacter(text->get())) {
    Error(key, StrCat(key, " must be at most ", kTextBytesMax, " bytes without control characters"));
    return std::nullopt;
  }
  return text->get();
}

std::optional<std::string> TableReader::RequiredString(std::string_view key) {
  std::optional<std::string> text = String(key);
  if (!Has(key)) {
    Error(key, StrCat(path_, " needs ", key, " = \"...\""));
  } else if (text && text->empty()) {
    Error(key, StrCat(key, " is empty; give it a value"));
    return std::nullopt;
  }
  return text;
}

std::optional<std::string> TableReader::Word(std::string_view key, absl::Span<const std::string> known) {
  std::optional<std::string> word = String(key);
  if (!word || std::find(known.begin(), known.end(), *word) != known.end()) return word;
  Error(key, StrCat(key, " = \"", Shown(*word), "\" is not known; write one of: ", absl::StrJoin(known, ", ")));
  return std::nullopt;
}

std::optional<std::string> TableReader::HttpUrl(std::string_view key, bool required) {
  std::optional<std::string> url = required ? RequiredString(key) : String(key);
  if (!url) return url;
  const std::string_view rest = url->starts_with("https://") ? std::string_view(*url).substr(8)
                                : url->starts_with("http://") ? std::string_view(*url).substr(7)
                                                                    : std::string_view();
  if (!rest.empty() && rest.front() != '/' && url->find(' ') == std::string::npos) return url;
  Error(key, StrCat(key, " = \"", Shown(*url), "\" is not a web address; write \"https://host/path\""));
  return std::nullopt;
}

std::optional<bool> TableReader::Bool(std::string_view key) {
  const toml::node* node = Find(key);
  if (node == nullptr) return std::nullopt;
  if (const auto* value = node->as_boolean()) return value->get();
  Error(key, StrCat(key, " is ", TypeName(node->type()), "; write ", key, " = true or ", key, " = false"));
  return std::nullopt;
}

std::optional<double> TableReader::Number(std::string_view key) {
  const toml::node* node = Find(key);
  if (node == nullptr) return std::nullopt;
  const std::optional<double> value = node->is_number() ? node->value<double>() : std::nullopt;
  if (value && std::isfinite(*value)) return value;
  Error(key, StrCat(key, node->is_number() ? " is not a finite number" : StrCat(" is ", TypeName(node->type())),
                          "; write a number without quotes: ", key, " = 85"));
  return std::nullopt;
}

std::optional<absl::Duration> TableReader::Duration(std::string_view key, absl::Duration min, absl::Duration max) {
  const toml::node* node = Find(key);
  if (node == nullptr) return std::nullopt;
  const auto* text = node->as_string();
  if (text == nullptr) {
    const std::optional<std::int64_t> number = node->is_integer() ? node->value<std::int64_t>() : std::nullopt;
    const std::string example = number && *number >= 0 ? StrCat(*number, "s") : "15s";
    Error(key, StrCat(key, " is ", TypeName(node->type()), " without a unit; write it in quotes with one: ", key,
                            " = \"", example, "\""));
    return std::nullopt;
  }
  const absl::StatusOr<absl::Duration> duration = ParseDuration(Shown(text->get()));
  if (!duration.ok()) {
    Error(key, StrCat(key, " = ", duration.status().message()));
    return std::nullopt;
  }
  if (*duration < min || *duration > max) {
    Error(key, StrCat(key, " = \"", text->get(), "\" is out of range; write a duration from \"", DurationText(min),
                            "\" to \"", DurationText(max), "\""));
    return std::nullopt;
  }
  return *duration;
}

std::optional<std::vector<std::string>> TableReader::Strings(std::string_view key) {
  const toml::node* node = Find(key);
  if (node == nullptr) return std::nullopt;
  const toml::array* array = node->as_array();
  std::vector<std::string> result;
  bool good = array != nullptr;
  for (std::size_t i = 0; good && i < array->size(); ++i) {
    const auto* text = array->get(i)->as_string();
    good = text != nullptr && !text->get().empty() && text->get().size() <= kTextBytesMax && !HasControlCharacter(text->get());
    if (good) result.push_back(text->get());
  }
  if (good) return result;
  Error(key, StrCat(key, array == nullptr ? StrCat(" is ", TypeName(node->type())) : " holds something else than texts",
                          "; write a list of texts: ", key, " = [\"...\"]"));
  return std::nullopt;
}

std::optional<std::vector<absl::CivilDay>> TableReader::Dates(std::string_view key) {
  const toml::node* node = Find(key);
  if (node == nullptr) return std::nullopt;
  const toml::array* array = node->as_array();
  std::vector<absl::CivilDay> days;
  bool good = array != nullptr;
  for (std::size_t i = 0; good && i < array->size(); ++i) {
    const std::optional<absl::CivilDay> day = DayOf(*array->get(i));
    good = day.has_value();
    if (good) days.push_back(*day);
  }
  if (good) return days;
  Error(key, StrCat(key, array == nullptr ? StrCat(" is ", TypeName(node->type())) : " holds something else than days",
                    "; write a list of days: ", key, " = [2026-12-24, 2026-12-25]"));
  return std::nullopt;
}

std::optional<absl::CivilDay> TableReader::Date(std::string_view key) {
  const toml::node* node = Find(key);
  if (node == nullptr) return std::nullopt;
  const std::optional<absl::CivilDay> day = DayOf(*node);
  if (!day) Error(key, StrCat(key, " is no day of the calendar; write ", key, " = 2027-03-01"));
  return day;
}

void TableReader::Table(std::string_view key, const std::function<void(TableReader&)>& read) {
  const toml::node* node = Find(key);
  if (node == nullptr) return;
  const toml::table* table = node->as_table();
  if (table == nullptr) {
    Error(key, StrCat(key, " is ", TypeName(node->type()), "; write a table: ", ChildPath(key, false)));
    return;
  }
  TableReader reader(*table, ChildPath(key, false), errors_);
  read(reader);
  reader.Finish();
}

void TableReader::Tables(std::string_view key, const std::function<void(TableReader&)>& read) {
  const toml::node* node = Find(key);
  if (node == nullptr) return;
  const toml::array* array = node->as_array();
  if (array == nullptr) {
    Error(key, StrCat(key, " is ", TypeName(node->type()), "; there may be several, so write ", ChildPath(key, true)));
    return;
  }
  for (const toml::node& item : *array) {
    const toml::table* table = item.as_table();
    if (table == nullptr) {
      errors_.Add(item.source().begin, StrCat(key, " holds ", TypeName(item.type()), "; write ", ChildPath(key, true)));
      continue;
    }
    TableReader reader(*table, ChildPath(key, true), errors_);
    read(reader);
    reader.Finish();
  }
}

void TableReader::NamedTables(std::string_view what, absl::Span<const std::string> known,
                              const std::function<void(const std::string&, TableReader&)>& read) {
  for (const auto& [key, node] : table_) {
    const std::string name(key.str());
    if (IsKnown(name)) continue;
    if (std::find(known.begin(), known.end(), name) == known.end()) {
      std::string text = StrCat("there is no ", what, " \"", Shown(name), "\"");
      if (const auto nearest = NearestWord(name, known)) StrAppend(&text, "; did you mean \"", *nearest, "\"?");
      if (known.empty()) {
        StrAppend(&text, "; this version knows none");
      } else {
        StrAppend(&text, " Known: ", absl::StrJoin(known, ", "));
      }
      errors_.Add(key.source().begin, text);
      known_.push_back(name);
      continue;
    }
    Table(name, [&](TableReader& reader) { read(name, reader); });
  }
}

void TableReader::Finish() {
  for (const auto& [key, node] : table_) {
    if (IsKnown(key.str())) continue;
    std::string text = StrCat("unknown key \"", Shown(key.str()), "\"");
    if (!path_.empty()) StrAppend(&text, " in ", path_);
    if (const auto nearest = NearestWord(key.str(), known_)) {
      StrAppend(&text, "; did you mean \"", *nearest, "\"?");
    } else {
      StrAppend(&text, "; known: ", absl::StrJoin(known_, ", "));
    }
    errors_.Add(key.source().begin, text);
  }
}

}  // namespace steward::collector
