#include "agent/probes/os.h"

#include <array>
#include <optional>
#include <vector>

#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "agent/platform/platform.h"
#include "agent/probes/attributes.h"
#include "agent/probes/text.h"
#include "base/text.h"

namespace steward::agent {
namespace {

constexpr std::array<std::string_view, 2> kPaths = {"/etc/os-release", "/usr/lib/os-release"};
constexpr int kVersionDecimals = 4;
constexpr std::int64_t kVersionDenominator = 10'000;

constexpr Metric kInfo = {
    .name = "node_os_info",
    .help =
        "A metric with a constant '1' value labeled by build_id, id, id_like, image_id, image_version, name, "
        "pretty_name, variant, variant_id, version, version_codename, version_id."};
constexpr Metric kVersion = {.name = "node_os_version",
                             .help = "Metric containing the major.minor part of the OS version.",
                             .denominator = kVersionDenominator};

constexpr Metric kSupportEnd = {.name = "node_os_support_end_timestamp_seconds",
                                .help = "Metric containing the end-of-life date timestamp of the OS."};

struct Field {
  std::string_view label;
  std::string_view key;
};
constexpr std::array<Field, 12> kFields = {{{"build_id", "BUILD_ID"},
                                            {"id", "ID"},
                                            {"id_like", "ID_LIKE"},
                                            {"image_id", "IMAGE_ID"},
                                            {"image_version", "IMAGE_VERSION"},
                                            {"name", "NAME"},
                                            {"pretty_name", "PRETTY_NAME"},
                                            {"variant", "VARIANT"},
                                            {"variant_id", "VARIANT_ID"},
                                            {"version", "VERSION"},
                                            {"version_codename", "VERSION_CODENAME"},
                                            {"version_id", "VERSION_ID"}}};

// "22.04.1" is 22.04.
std::optional<std::int64_t> MajorMinor(std::string_view version) {
  std::size_t end = 0;
  bool point = false;
  while (end < version.size()) {
    const char c = version[end];
    if (c == '.' && (point || end == 0)) break;
    if (c == '.') point = true;
    if (c != '.' && (c < '0' || c > '9')) break;
    ++end;
  }
  std::string_view text = version.substr(0, end);
  if (text.ends_with('.')) text.remove_suffix(1);
  return ParseFixed(text, kVersionDecimals);
}

class OsProbe final : public Probe {
 public:
  explicit OsProbe(Platform& platform) : platform_(platform) {}
  std::string_view name() const override { return "os"; }
  absl::Duration interval_min() const override { return kSlowInterval; }

  absl::Status Collect(SampleSink& sink) override {
    absl::Status status;
    for (const std::string_view path : kPaths) {
      status = platform_.ReadFile(path, text_);
      if (status.ok()) break;
    }
    if (!status.ok()) return status;
    std::map<std::string, std::string> release = ParseOsRelease(text_);
    std::vector<LabelView> labels;
    for (const Field& field : kFields) labels.emplace_back(field.label, release[std::string(field.key)]);
    sink.Add(kInfo, labels, 1);
    if (const std::optional<std::int64_t> version = MajorMinor(release["VERSION_ID"])) {
      const LabelView version_labels[] = {
          {"id", release["ID"]}, {"id_like", release["ID_LIKE"]}, {"name", release["NAME"]}};
      sink.Add(kVersion, version_labels, *version);
    }
    // A day as os-release(5) has it; its beginning counts, as node_exporter has it.
    if (absl::CivilDay day; absl::ParseCivilTime(ToAbsl(release["SUPPORT_END"]), &day)) {
      sink.Add(kSupportEnd, {}, absl::ToUnixSeconds(absl::FromCivil(day, absl::UTCTimeZone())));
    }
    return absl::OkStatus();
  }

 private:
  Platform& platform_;
  std::string text_;
};

// Shell words: 'single', "double with \" escapes", plain.
std::string Unquoted(std::string_view text) {
  std::string value;
  char quote = 0;
  for (std::size_t index = 0; index < text.size(); ++index) {
    const char c = text[index];
    if (quote == 0 && (c == '"' || c == '\'')) {
      quote = c;
    } else if (c == quote) {
      quote = 0;
    } else if (c == '\\' && quote != '\'' && index + 1 < text.size()) {
      value += text[++index];
    } else {
      value += c;
    }
  }
  return value;
}

}  // namespace

std::map<std::string, std::string> ParseOsRelease(std::string_view text) {
  std::map<std::string, std::string> result;
  std::string_view line;
  while (NextLine(text, line)) {
    line = Trimmed(line);
    const std::size_t equals = line.find('=');
    if (line.starts_with('#') || equals == std::string_view::npos) continue;
    result[std::string(line.substr(0, equals))] = Unquoted(line.substr(equals + 1));
  }
  return result;
}

std::unique_ptr<Probe> MakeOsProbe(Platform& platform) { return std::make_unique<OsProbe>(platform); }

}  // namespace steward::agent
