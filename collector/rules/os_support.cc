#include "collector/rules/os_support.h"

#include <cstdlib>
#include <fstream>
#include <string>
#include <system_error>

#include "base/text.h"
#include "collector/config/table_reader.h"
#include "collector/rules/catalogue.h"
#include "spdlog/spdlog.h"

namespace steward::collector {
namespace {

constexpr std::size_t kBytesMax = 1 << 20;

}  // namespace

OsSupport OsSupport::Shipped() {
  absl::StatusOr<OsSupport> shipped = Parse(OsSupportText(), "os_support.toml");
  if (shipped.ok()) return *std::move(shipped);
  spdlog::critical("{}", std::string(shipped.status().message()));
  std::abort();
}

absl::StatusOr<OsSupport> OsSupport::Parse(std::string_view text, std::string_view name) {
  ConfigErrors errors(name);
  OsSupport support;
  try {
    const toml::table document = toml::parse(text);
    for (const auto& [id, node] : document) {
      const toml::table* versions = node.as_table();
      if (versions == nullptr) {
        errors.Add(id.source().begin, StrCat(id.str(), " is no table; write [", id.str(), "] and a line for each version: \"12\" = 2028-06-30"));
        continue;
      }
      for (const auto& [version, value] : *versions) {
        if (const toml::value<toml::date>* date = value.as_date()) {
          const toml::date& day = date->get();
          support.ends_[std::string(id.str())][std::string(version.str())] = absl::CivilDay(day.year, day.month, day.day);
        } else {
          errors.Add(version.source().begin, StrCat(version.str(), " has no date; write the last day of support: ", version.str(), " = 2028-06-30"));
        }
      }
    }
  } catch (const toml::parse_error& error) {
    errors.Add(error.source().begin, StrCat("is no TOML: ", error.description()));
  }
  if (!errors.empty()) return errors.ToStatus();
  return support;
}

absl::StatusOr<OsSupport> OsSupport::Load(const std::filesystem::path& file) {
  OsSupport support = Shipped();
  std::error_code error;
  if (!std::filesystem::exists(file, error)) return support;
  std::ifstream in(file, std::ios::binary);
  std::string text(kBytesMax + 1, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (in.bad() || (in.fail() && !in.eof())) {
    return absl::UnavailableError(StrCat(file.string(), " cannot be read; make it readable for the collector, or remove it"));
  }
  text.resize(static_cast<std::size_t>(in.gcount()));
  if (text.size() > kBytesMax) return absl::InvalidArgumentError(StrCat(file.string(), " is larger than ", kBytesMax, " bytes"));
  const absl::StatusOr<OsSupport> newer = Parse(text, file.string());
  if (!newer.ok()) return newer.status();
  support.Add(*newer);
  return support;
}

void OsSupport::Add(const OsSupport& newer) {
  for (const auto& [id, versions] : newer.ends_) {
    for (const auto& [version, day] : versions) ends_[id].insert_or_assign(version, day);
  }
}

std::optional<absl::CivilDay> OsSupport::EndOf(std::string_view id, std::string_view version) const {
  const auto versions = ends_.find(id);
  if (versions == ends_.end()) return std::nullopt;
  for (;;) {
    if (const auto found = versions->second.find(version); found != versions->second.end()) return found->second;
    const std::size_t point = version.rfind('.');
    if (point == std::string_view::npos) return std::nullopt;
    version = version.substr(0, point);
  }
}

}  // namespace steward::collector
