#include "agent/probes/systemctl.h"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "agent/probes/text.h"
#include "base/text.h"

namespace steward::agent {
namespace {

struct SpanUnit {
  std::string_view name;
  absl::Duration length;
};
// As systemd.time(7) counts them.
const std::array<SpanUnit, 9> kSpanUnits = {{{"y", absl::Hours(24 * 365.25)},
                                             {"month", absl::Hours(24 * 30.44)},
                                             {"w", absl::Hours(24 * 7)},
                                             {"d", absl::Hours(24)},
                                             {"h", absl::Hours(1)},
                                             {"min", absl::Minutes(1)},
                                             {"s", absl::Seconds(1)},
                                             {"ms", absl::Milliseconds(1)},
                                             {"us", absl::Microseconds(1)}}};
constexpr absl::Duration kSpanMax = absl::Hours(24 * 365 * 100);

void TakeProperty(std::string_view line, SystemdProperties& properties) {
  const std::size_t equals = line.find('=');
  if (equals != std::string_view::npos) properties[line.substr(0, equals)] = line.substr(equals + 1);
}

// "cron.service loaded active running Regular background ..."
bool ParseUnit(std::string_view line, SystemdUnit& unit) {
  std::string_view rest = line;
  if (!NextField(rest, unit.name)) return false;
  // "●" and its like.
  if (unit.name.find('.') == std::string_view::npos && !NextField(rest, unit.name)) return false;
  return unit.name.find('.') != std::string_view::npos && NextField(rest, unit.load) && NextField(rest, unit.active);
}

// "4.5s", "3min"
std::optional<absl::Duration> ParseSpanPart(std::string_view part) {
  const std::size_t letters = part.find_first_not_of("0123456789.");
  if (letters == std::string_view::npos || letters == 0) return std::nullopt;
  const std::optional<std::int64_t> micros = ParseFixed(part.substr(0, letters), 6);
  const auto* unit = std::find_if(kSpanUnits.begin(), kSpanUnits.end(),
                                  [&](const SpanUnit& known) { return known.name == part.substr(letters); });
  if (!micros.has_value() || unit == kSpanUnits.end()) return std::nullopt;
  return std::min(kSpanMax, unit->length * (static_cast<double>(*micros) / 1e6));
}

// Given by systemd's monotonic clock, which no file tells; when the timer last changed its state is known on both clocks.
std::optional<absl::Time> MonotonicElapse(const SystemdProperties& timer) {
  const auto elapse = ParseSystemdSpan(PropertyOf(timer, "NextElapseUSecMonotonic"));
  const auto change = ParseSystemdTime(PropertyOf(timer, "StateChangeTimestamp"));
  const auto change_us = ParseInteger(PropertyOf(timer, "StateChangeTimestampMonotonic"));
  if (!elapse.has_value() || *elapse == absl::ZeroDuration() || !change.has_value() || !change_us.has_value()) {
    return std::nullopt;
  }
  return *change + (*elapse - absl::Microseconds(*change_us));
}

}  // namespace

absl::StatusOr<std::vector<SystemdUnit>> ParseSystemdUnits(std::string_view text) {
  std::vector<SystemdUnit> units;
  std::string_view line;
  while (NextLine(text, line)) {
    SystemdUnit unit;
    if (Trimmed(line).empty()) continue;
    if (!ParseUnit(line, unit)) return Malformed("systemctl list-units", line);
    units.push_back(unit);
  }
  if (units.empty()) return absl::DataLossError("systemctl list-units: no units");
  return units;
}

std::map<std::string_view, SystemdProperties> ParseSystemdProperties(std::string_view text) {
  std::map<std::string_view, SystemdProperties> units;
  SystemdProperties properties;
  const auto finish = [&] {
    const std::string_view name = PropertyOf(properties, "Id");
    if (!properties.empty()) units[name] = std::exchange(properties, {});
  };
  std::string_view line;
  while (NextLine(text, line)) {
    if (line.empty()) {
      finish();
    } else {
      TakeProperty(line, properties);
    }
  }
  finish();
  return units;
}

std::string_view PropertyOf(const SystemdProperties& properties, std::string_view key) {
  const auto found = properties.find(key);
  return found == properties.end() ? std::string_view() : found->second;
}

std::optional<absl::Time> ParseSystemdTime(std::string_view text) {
  std::string_view weekday;
  std::string_view date;
  std::string_view time;
  std::string_view zone;
  if (!NextField(text, weekday) || !NextField(text, date) || !NextField(text, time) || !NextField(text, zone) ||
      zone != "UTC") {
    return std::nullopt;
  }
  absl::Time parsed;
  std::string error;
  if (!absl::ParseTime("%Y-%m-%d %H:%M:%E*S", StrCat(date, " ", time), &parsed, &error)) return std::nullopt;
  return parsed;
}

std::optional<absl::Duration> ParseSystemdSpan(std::string_view text) {
  if (text == "0") return absl::ZeroDuration();
  absl::Duration span;
  std::string_view part;
  bool any = false;
  while (NextField(text, part)) {
    const std::optional<absl::Duration> length = ParseSpanPart(part);
    if (!length.has_value()) return std::nullopt;
    span = std::min(kSpanMax, span + *length);
    any = true;
  }
  if (!any) return std::nullopt;
  return span;
}

std::optional<absl::Time> NextElapse(const SystemdProperties& timer) {
  const auto by_clock = ParseSystemdTime(PropertyOf(timer, "NextElapseUSecRealtime"));
  const auto by_span = MonotonicElapse(timer);
  if (!by_clock.has_value()) return by_span;
  return by_span.has_value() ? std::min(*by_clock, *by_span) : *by_clock;
}

}  // namespace steward::agent
