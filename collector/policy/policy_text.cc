#include "collector/policy/policy_text.h"

#include <algorithm>
#include <sstream>
#include <vector>

#include "base/text.h"
#include "collector/config/load_config.h"
#include "toml++/toml.h"

namespace steward::collector {
namespace {

std::vector<std::string_view> LinesOf(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    lines.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

// A header of a table, "[rules.x]" or "[[site]]", and to which table of the document it belongs.
struct Header {
  std::size_t line;  // from 0
  bool is_policy;
};

void FindHeaders(const toml::node& node, bool is_policy, const std::vector<std::string_view>& lines, std::vector<Header>& headers) {
  if (const toml::array* array = node.as_array()) {
    for (const toml::node& item : *array) FindHeaders(item, is_policy, lines, headers);
  }
  const toml::table* table = node.as_table();
  if (table == nullptr) return;
  const std::size_t line = table->source().begin.line;  // from 1
  if (line > 0 && line <= lines.size() && lines[line - 1].starts_with('[')) headers.push_back({line - 1, is_policy});
  for (const auto& [key, value] : *table) FindHeaders(value, is_policy, lines, headers);
}

// The lines from each header to the next one, with the comments above it.
std::string Cut(const toml::table& document, std::string_view text) {
  const std::vector<std::string_view> lines = LinesOf(text);
  std::vector<Header> headers;
  for (const auto& [key, value] : document) FindHeaders(value, IsPolicyTable(key.str()), lines, headers);
  std::sort(headers.begin(), headers.end(), [](const Header& a, const Header& b) { return a.line < b.line; });
  std::string cut;
  std::size_t begin = 0;
  for (std::size_t i = 0; i < headers.size(); ++i) {
    const auto first_of = [&](std::size_t line) {
      while (line > 0 && lines[line - 1].starts_with('#')) --line;
      return line;
    };
    begin = first_of(headers[i].line);
    const std::size_t end = i + 1 < headers.size() ? first_of(headers[i + 1].line) : lines.size();
    if (!headers[i].is_policy) continue;
    for (std::size_t line = begin; line < end; ++line) StrAppend(&cut, lines[line], "\n");
  }
  return cut;
}

// The longest common subsequence would take the product of both lengths; documents that large are shown as replaced.
constexpr std::size_t kCellsMax = 4'000'000;

struct Edit {
  char kind;  // ' ', '-', '+'
  std::string_view line;
};

std::vector<Edit> Edits(const std::vector<std::string_view>& before, const std::vector<std::string_view>& after) {
  const std::size_t n = before.size(), m = after.size();
  std::vector<Edit> edits;
  if (n * m > kCellsMax) {
    for (const std::string_view line : before) edits.push_back({'-', line});
    for (const std::string_view line : after) edits.push_back({'+', line});
    return edits;
  }
  std::vector<std::vector<std::uint32_t>> common(n + 1, std::vector<std::uint32_t>(m + 1));  // of the rests from there on
  for (std::size_t i = n; i-- > 0;) {
    for (std::size_t j = m; j-- > 0;) {
      common[i][j] = before[i] == after[j] ? common[i + 1][j + 1] + 1 : std::max(common[i + 1][j], common[i][j + 1]);
    }
  }
  std::size_t i = 0, j = 0;
  while (i < n || j < m) {
    if (i < n && j < m && before[i] == after[j]) {
      edits.push_back({' ', before[i++]});
      ++j;
    } else if (i < n && (j == m || common[i + 1][j] >= common[i][j + 1])) {
      edits.push_back({'-', before[i++]});
    } else {
      edits.push_back({'+', after[j++]});
    }
  }
  return edits;
}

}  // namespace

std::string PolicyPartOf(std::string_view config_text) {
  try {
    const toml::table document = toml::parse(config_text);
    toml::table wanted;
    for (const auto& [key, value] : document) {
      if (IsPolicyTable(key.str())) wanted.insert(key, value);
    }
    if (wanted.empty()) return "";
    std::string cut = Cut(document, config_text);
    try {
      if (toml::parse(cut) == wanted) return cut;
    } catch (const toml::parse_error&) {  // what stands before the first table, or within a text of several lines
    }
    std::ostringstream out;
    out << wanted << "\n";
    return out.str();
  } catch (const toml::parse_error&) {
    return "";
  }
}

std::string LineDifference(std::string_view before, std::string_view after) {
  constexpr std::size_t kAround = 2;
  const std::vector<Edit> edits = Edits(LinesOf(before), LinesOf(after));
  std::vector<bool> shown(edits.size());
  for (std::size_t i = 0; i < edits.size(); ++i) {
    if (edits[i].kind == ' ') continue;
    const std::size_t end = std::min(edits.size(), i + kAround + 1);
    for (std::size_t k = i - std::min(i, kAround); k < end; ++k) shown[k] = true;
  }
  std::string text;
  std::size_t line = 0;  // of the newer one
  for (std::size_t i = 0; i < edits.size(); ++i) {
    if (edits[i].kind != '-') ++line;
    if (!shown[i]) continue;
    if (i == 0 || !shown[i - 1]) StrAppend(&text, "@ line ", std::max<std::size_t>(line, 1), "\n");
    StrAppend(&text, std::string_view(&edits[i].kind, 1), edits[i].line, "\n");
  }
  return text;
}

}  // namespace steward::collector
