// Reads one TOML table key by key, collecting every mistake with its place.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "toml++/toml.h"

namespace steward::collector {

// The mistakes of one document, in the order they were found.
class ConfigErrors {
 public:
  static constexpr std::size_t kShownMax = 20;

  explicit ConfigErrors(std::string_view file_name) : file_name_(file_name) {}

  void Add(const toml::source_position& at, std::string_view what);
  bool empty() const { return lines_.empty(); }
  absl::Status ToStatus() const;  // InvalidArgument, or OK without mistakes

 private:
  std::string file_name_;
  std::vector<std::string> lines_;
  std::size_t left_out_ = 0;
};

// `known` nearest to `word`, if it is near enough to be a typing mistake.
std::optional<std::string> NearestWord(std::string_view word, absl::Span<const std::string> known);

// The readers below return nothing if the key is absent or wrong; what is wrong is noted. Every key asked for counts as
// known; Finish names the others.
class TableReader {
 public:
  // `path` is how people call the table: "[listen]". All arguments outlive the reader.
  TableReader(const toml::table& table, std::string path, ConfigErrors& errors)
      : table_(table), path_(std::move(path)), errors_(errors) {}

  std::optional<std::string> String(std::string_view key);
  std::optional<std::string> RequiredString(std::string_view key);
  std::optional<std::string> Word(std::string_view key, absl::Span<const std::string> known);
  std::optional<std::string> HttpUrl(std::string_view key, bool required);
  std::optional<bool> Bool(std::string_view key);
  std::optional<double> Number(std::string_view key);
  std::optional<absl::Duration> Duration(std::string_view key, absl::Duration min, absl::Duration max);
  std::optional<std::vector<std::string>> Strings(std::string_view key);
  // Days, with or without quotes: [2026-12-24, "2026-12-25"].
  std::optional<std::vector<absl::CivilDay>> Dates(std::string_view key);
  // 2027-03-01, with or without quotes.
  std::optional<absl::CivilDay> Date(std::string_view key);
  // Calls `read` for the table, or for each table of the array of tables.
  void Table(std::string_view key, const std::function<void(TableReader&)>& read);
  void Tables(std::string_view key, const std::function<void(TableReader&)>& read);
  // Calls `read` for each key that was not asked for: it holds a table by a free name. Known names are checked.
  void NamedTables(std::string_view what, absl::Span<const std::string> known,
                   const std::function<void(const std::string& name, TableReader&)>& read);

  // Nothing more is said of the key.
  void Ignore(std::string_view key) { Find(key); }
  void Finish();

  bool Has(std::string_view key) const { return table_.contains(key); }
  // Where the key stands, or the table if the key is absent.
  void Error(std::string_view key, std::string_view what);
  const toml::table& table() const { return table_; }
  const std::string& path() const { return path_; }

 private:
  const toml::node* Find(std::string_view key);
  bool IsKnown(std::string_view key) const;
  std::string ChildPath(std::string_view key, bool array) const;

  const toml::table& table_;
  std::string path_;
  ConfigErrors& errors_;
  std::vector<std::string> known_;
};

// What was read, if anything was.
template <typename T>
void Set(std::optional<T> from, T& to) {
  if (from) to = *std::move(from);
}

}  // namespace steward::collector
