#include "agent/read_probe_settings.h"

#include <algorithm>
#include <set>
#include <string>
#include <string_view>

#include "base/endpoint_url.h"
#include "base/text.h"
#include "boost/asio/ip/address.hpp"

namespace steward::agent {
namespace {

constexpr std::size_t kScrapesMax = 20;
constexpr std::int64_t kSeriesMax = 5000;

void ReadTimes(const toml::table& table, ConfigReader& reader, CheckSettings& check) {
  check.interval = reader.Duration(table, "interval", absl::Seconds(5), absl::Hours(24), "\"60s\" (5s to 24h)").value_or(check.interval);
  check.deadline = reader.Duration(table, "deadline", absl::Seconds(1), absl::Hours(1), "\"30s\" (1s to 1h)").value_or(check.deadline);
}

void ReadChecks(const toml::table& document, ConfigReader& reader, ProbeSettings& settings) {
  if (const toml::table* table = reader.Table(document, "checks")) {
    reader.CheckKeys(*table, "[checks]", {"directory", "interval", "deadline"});
    ReadTimes(*table, reader, settings.check);
    if (auto directory = reader.String(*table, "directory", kDefaultChecksDirectory)) {
      settings.checks_directory = *std::move(directory);
      if (!settings.checks_directory.starts_with('/')) {
        reader.Error(table->get("directory")->source().begin, StrCat("directory must begin with /: directory = \"", kDefaultChecksDirectory, "\""));
      }
    }
  }
  for (const toml::table* table : reader.Tables(document, "check")) {
    reader.CheckKeys(*table, "[[check]]", {"name", "interval", "deadline"});
    CheckSettings check = settings.check;
    check.name = reader.String(*table, "name", "check_raid").value_or("");
    if (check.name.empty() || check.name.find('/') != std::string::npos) {
      reader.Error(table->source().begin, "a [[check]] needs the name of the file in the folder: name = \"check_raid\"");
    }
    ReadTimes(*table, reader, check);
    settings.checks.push_back(std::move(check));
  }
}

bool IsThisMachine(std::string_view host) {
  boost::system::error_code error;
  const auto address = boost::asio::ip::make_address(std::string(host), error);
  return host == "localhost" || (!error && address.is_loopback());
}

// Part of a name, with at most one '*', at its end.
bool IsPattern(std::string_view text) {
  if (text.ends_with('*')) text.remove_suffix(1);
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == ':';
  });
}

void ReadMetrics(const toml::table& table, ConfigReader& reader, ScrapeSettings& scrape) {
  constexpr std::string_view kWhat =
      "metrics must list those that are wanted, '*' only at the end: metrics = [\"pg_up\", \"pg_stat_database_*\"]";
  const toml::node* node = table.get("metrics");
  if (node == nullptr || !node->is_array() || node->as_array()->empty()) {
    return reader.Error(node == nullptr ? table.source().begin : node->source().begin, kWhat);
  }
  for (const toml::node& one : *node->as_array()) {
    const auto* text = one.as_string();
    if (text == nullptr || !IsPattern(text->get())) return reader.Error(one.source().begin, kWhat);
    scrape.metrics.push_back(text->get());
  }
}

void ReadUrl(const toml::table& table, ConfigReader& reader, ScrapeSettings& scrape) {
  constexpr std::string_view kExample = "http://127.0.0.1:9187/metrics";
  scrape.url = reader.String(table, "url", kExample).value_or("");
  const toml::node* node = table.get("url");
  const auto& at = node == nullptr ? table.source().begin : node->source().begin;
  const auto url = ParseEndpointUrl(scrape.url);
  const bool allow_remote = reader.Flag(table, "allow_remote").value_or(false);
  if (!url.ok() || url->scheme != "http") {
    reader.Error(at, StrCat("url must be plain HTTP with a host: url = \"", kExample, "\""));
  } else if (!allow_remote && !IsThisMachine(url->host)) {
    reader.Error(at, StrCat("url is not on this machine (127.0.0.1, [::1], localhost); if that is meant, add allow_remote = true"));
  }
}

void ReadScrapes(const toml::table& document, ConfigReader& reader, ProbeSettings& settings) {
  std::set<std::string> names;
  for (const toml::table* table : reader.Tables(document, "scrape")) {
    reader.CheckKeys(*table, "[[scrape]]", {"name", "url", "metrics", "interval", "deadline", "series_max", "allow_remote"});
    ScrapeSettings scrape;
    scrape.name = reader.String(*table, "name", "postgres").value_or("");
    if (scrape.name.empty() || !names.insert(scrape.name).second) {
      reader.Error(table->source().begin, "a [[scrape]] needs a name of its own: name = \"postgres\"");
    }
    ReadUrl(*table, reader, scrape);
    ReadMetrics(*table, reader, scrape);
    scrape.interval = reader.Duration(*table, "interval", absl::Seconds(5), absl::Hours(24), "\"60s\" (5s to 24h)").value_or(scrape.interval);
    scrape.deadline = reader.Duration(*table, "deadline", absl::Seconds(1), absl::Minutes(1), "\"10s\" (1s to 1m)").value_or(scrape.deadline);
    if (const toml::node* node = table->get("series_max")) {
      const auto* number = node->as_integer();
      const bool fits = number != nullptr && number->get() >= 1 && number->get() <= kSeriesMax;
      if (fits) scrape.series_max = static_cast<std::uint64_t>(number->get());
      if (!fits) reader.Error(node->source().begin, StrCat("series_max must be a number from 1 to ", kSeriesMax, ", without quotes"));
    }
    if (settings.scrapes.size() == kScrapesMax) {
      return reader.Error(table->source().begin, StrCat("at most ", kScrapesMax, " [[scrape]] on a machine"));
    }
    settings.scrapes.push_back(std::move(scrape));
  }
}

void ReadCertificates(const toml::table& document, ConfigReader& reader, ProbeSettings& settings) {
  for (const toml::table* table : reader.Tables(document, "certificate")) {
    reader.CheckKeys(*table, "[[certificate]]", {"path"});
    std::string path = reader.String(*table, "path", "/etc/nginx/www.pem").value_or("");
    if (!path.starts_with('/')) {
      reader.Error(table->source().begin, "a [[certificate]] needs its file: path = \"/etc/nginx/www.pem\"");
    }
    settings.certificates.push_back(std::move(path));
  }
}

void ReadSpace(const toml::table& document, ConfigReader& reader, ProbeSettings& settings) {
  const toml::table* table = reader.Table(document, "space");
  if (table == nullptr) return;
  reader.CheckKeys(*table, "[space]", {"largest_directories"});
  settings.names_directories = reader.Flag(*table, "largest_directories").value_or(true);
}

}  // namespace

void ReadProbeSettings(const toml::table& document, ConfigReader& reader, ProbeSettings& settings) {
  ReadChecks(document, reader, settings);
  ReadScrapes(document, reader, settings);
  ReadCertificates(document, reader, settings);
  ReadSpace(document, reader, settings);
}

}  // namespace steward::agent
