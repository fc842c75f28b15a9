#include "collector/issues/rule_state.h"

#include <limits>

#include "boost/json.hpp"

namespace steward::collector {
namespace {

namespace json = boost::json;

// Null stands for InfinitePast.
json::value FromTime(absl::Time time) {
  if (time == absl::InfinitePast()) return nullptr;
  return absl::ToUnixMillis(time);
}

absl::Time ToTime(const json::value& value) {
  return value.is_int64() ? absl::FromUnixMillis(value.as_int64()) : absl::InfinitePast();
}

}  // namespace

std::string EncodeRuleState(const RuleState& state) {
  json::array levels;
  for (const LevelLatch& level : state.levels) {
    levels.push_back({{"name", level.name},
                      {"severity", std::string(SeverityName(level.severity))},
                      {"up", level.up},
                      {"rising", level.rising},
                      {"falling", level.falling},
                      {"observed_ms", absl::ToInt64Milliseconds(level.observed)}});
  }
  json::array rounds;
  for (const absl::Time round : state.rounds) rounds.push_back(FromTime(round));
  return json::serialize(json::value{{"v", 1},
                                     {"judged", FromTime(state.judged)},
                                     {"raised", FromTime(state.raised)},
                                     {"reach", std::string(SeverityName(state.reach))},
                                     {"interval_ms", absl::ToInt64Milliseconds(state.interval)},
                                     {"dismissed", std::string(SeverityName(state.dismissed))},
                                     {"told", state.told},
                                     {"told_mover", FromTime(state.told_mover)},
                                     {"hidden", state.hidden},
                                     {"hidden_since", FromTime(state.hidden_since)},
                                     {"quiet_until", FromTime(state.quiet_until)},
                                     {"flapping", state.flapping},
                                     {"rounds", std::move(rounds)},
                                     {"window_since", FromTime(state.window_since)},
                                     {"first_look", state.first_look},
                                     {"dismissed_value", state.dismissed_value},
                                     {"untold_change", state.untold_change},
                                     {"probe", state.probe},
                                     {"levels", std::move(levels)}});
}

bool DecodeRuleState(std::string_view text, RuleState& state) {
  try {
    boost::system::error_code error;
    const json::value parsed = json::parse({text.data(), text.size()}, error);
    if (error || parsed.at("v").as_int64() != 1) return false;
    const auto word = [](const json::value& value) { return std::string_view(value.as_string().data(), value.as_string().size()); };
    RuleState read;
    read.judged = ToTime(parsed.at("judged"));
    read.raised = ToTime(parsed.at("raised"));
    read.reach = ParseSeverity(word(parsed.at("reach")));
    if (const json::value* interval = parsed.as_object().if_contains("interval_ms")) {  // older ones have none
      read.interval = absl::Milliseconds(interval->as_int64());
    }
    if (const json::value* dismissed = parsed.as_object().if_contains("dismissed")) {  // not known to older versions
      read.dismissed = ParseSeverity(word(*dismissed));
    }
    if (const json::value* rounds = parsed.as_object().if_contains("rounds")) {  // likewise
      read.flapping = parsed.at("flapping").as_bool();
      for (const json::value& round : rounds->as_array()) read.rounds.push_back(ToTime(round));
    }
    if (const json::value* mover = parsed.as_object().if_contains("told_mover")) read.told_mover = ToTime(*mover);  // likewise
    if (const json::value* window = parsed.as_object().if_contains("window_since")) read.window_since = ToTime(*window);
    if (const json::value* probe = parsed.as_object().if_contains("probe")) {
      read.probe = word(*probe);
      read.dismissed_value = parsed.at("dismissed_value").to_number<double>();
      read.untold_change = parsed.at("untold_change").as_bool();
    }
    if (const json::value* first_look = parsed.as_object().if_contains("first_look")) read.first_look = first_look->as_bool();
    if (const json::value* told = parsed.as_object().if_contains("told")) {  // likewise
      read.told = told->as_bool();
      read.hidden = parsed.at("hidden").as_bool();
      read.hidden_since = ToTime(parsed.at("hidden_since"));
      read.quiet_until = ToTime(parsed.at("quiet_until"));
    }
    for (const json::value& level : parsed.at("levels").as_array()) {
      LevelLatch latch;
      latch.name = word(level.at("name"));
      latch.severity = ParseSeverity(word(level.at("severity")));
      latch.up = level.at("up").as_bool();
      latch.rising = level.at("rising").as_bool();
      latch.falling = level.at("falling").as_bool();
      latch.observed = absl::Milliseconds(level.at("observed_ms").as_int64());
      read.levels.push_back(std::move(latch));
    }
    state = std::move(read);
    return true;
  } catch (const std::exception&) {  // a field is missing or of another type
    return false;
  }
}

}  // namespace steward::collector
