// [service_level.<severity>]: until when an issue is answered, repaired, decided.
#include "absl/strings/numbers.h"
#include "base/duration.h"
#include "base/text.h"
#include "collector/config/read_policy.h"
#include "collector/config/words.h"

namespace steward::collector {
namespace {

constexpr int kDaysMax = 400;
constexpr absl::Duration kTimeMax = absl::Hours(1000);

// "4h", "3 working days".
std::optional<WorkSpan> ParseWorkSpan(std::string_view text) {
  for (const std::string_view unit : {" working days", " working day"}) {
    int days = 0;
    if (!text.ends_with(unit)) continue;
    if (!absl::SimpleAtoi(ToAbsl(text.substr(0, text.size() - unit.size())), &days) || days < 1 || days > kDaysMax) return std::nullopt;
    return WorkSpan{absl::ZeroDuration(), days};
  }
  // A day of 24 hours is not what is meant, so days and weeks are no units here.
  if (text.find_first_of("dw") != std::string_view::npos) return std::nullopt;
  const auto time = ParseDuration(text);
  if (!time.ok() || *time <= absl::ZeroDuration() || *time > kTimeMax) return std::nullopt;
  return WorkSpan{*time, 0};
}

std::optional<WorkSpan> ReadSpan(TableReader& reader, std::string_view key) {
  const auto text = reader.String(key);
  if (!text) return std::nullopt;
  const auto span = ParseWorkSpan(*text);
  if (!span) {
    reader.Error(key, StrCat(key, " = \"", text->substr(0, 40), "\" is no working time; write \"30m\", \"4h\" or \"3 working days\""));
  }
  return span;
}

}  // namespace

void ReadServiceLevels(TableReader& reader, std::map<std::string, ServiceLevelConfig>& levels) {
  reader.NamedTables("severity", kSeverities, [&](const std::string& severity, TableReader& one) {
    ServiceLevelConfig& level = levels[severity];
    level.respond = ReadSpan(one, "respond");
    level.resolve = ReadSpan(one, "resolve");
    level.decide = ReadSpan(one, "decide");
  });
}

}  // namespace steward::collector
