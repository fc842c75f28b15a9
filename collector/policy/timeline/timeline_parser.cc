#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "base/duration.h"
#include "base/text.h"
#include "collector/config/weekdays.h"
#include "collector/policy/timeline/timeline.h"

namespace steward::collector {
namespace {

constexpr absl::Duration kEndMax = absl::Hours(24 * 400);

absl::Status ReadRule(const std::vector<std::string>& words, Timeline& timeline) {
  RuleConfig& of_type = timeline.rules[words.at(1)];
  const bool of_subject = words.at(2).starts_with("for=");
  if (of_subject) of_type.subjects.push_back({words[2].substr(4), {}});
  RuleConfig& rule = of_subject ? of_type.subjects.back().rule : of_type;
  for (std::size_t i = of_subject ? 3 : 2; i < words.size(); ++i) {
    const std::pair<std::string, std::string> parts = absl::StrSplit(words[i], absl::MaxSplits('=', 1));
    if (parts.first == "raise" || parts.first == "clear") {
      const auto duration = ParseDuration(parts.second);
      if (!duration.ok()) return duration.status();
      (parts.first == "raise" ? rule.raise : rule.clear) = *duration;
    } else if (parts.first == "enabled") {
      rule.enabled = parts.second == "true";
    } else if (parts.first == "severity") {
      rule.severity = parts.second;
    } else if (double level = 0; absl::SimpleAtod(parts.second, &level)) {
      rule.levels[parts.first] = level;
    } else {
      return absl::InvalidArgumentError(StrCat("\"", words[i], "\": write raise=30m, clear=30m, enabled=false, severity=high or level=number"));
    }
  }
  return absl::OkStatus();
}

// zone Europe/Tallinn
absl::Status ReadZone(const std::string& name, Timeline& timeline) {
  absl::TimeZone zone;
  if (!absl::LoadTimeZone(name, &zone)) return absl::InvalidArgumentError(StrCat("there is no time zone \"", name, "\""));
  timeline.zone = name;
  return absl::OkStatus();
}

// start 2026-03-28 20:00, by the clock of the zone above
absl::Status ReadStart(const std::string& day, const std::string& time, Timeline& timeline) {
  absl::TimeZone zone = absl::UTCTimeZone();
  if (!timeline.zone.empty()) absl::LoadTimeZone(timeline.zone, &zone);
  std::string problem;
  if (absl::ParseTime("%Y-%m-%d %H:%M", StrCat(day, " ", time), zone, &timeline.start, &problem)) return absl::OkStatus();
  return absl::InvalidArgumentError("write start 2026-03-28 20:00");
}

// window sun,mon 02:00-06:00
absl::Status ReadWindow(const std::string& days, const std::string& hours, Timeline& timeline) {
  WindowConfig window{.name = StrCat(days, " ", hours), .machine = "", .machine_class = "", .site = ""};
  for (const absl::string_view day : absl::StrSplit(days, ',')) {
    const auto number = ParseWeekday(ToStd(day));
    if (!number) return absl::InvalidArgumentError(StrCat("\"", ToStd(day), "\" is not a day: mon to sun"));
    window.days[*number] = true;
  }
  const auto parsed = ParseDayHours(hours);
  if (!parsed) return absl::InvalidArgumentError("write window sun 02:00-06:00");
  window.hours = *parsed;
  timeline.windows.push_back(std::move(window));
  return absl::OkStatus();
}

// on 3, on 4..9, on site: which machines it is about. Taken off the words.
absl::Status ReadMachines(std::vector<std::string>& words, TimelineStep& step) {
  if (words.empty() || words[0] != "on") return absl::OkStatus();
  if (words.size() < 2) return absl::InvalidArgumentError("write on 3, on 4..9 or on site");
  const std::pair<std::string, std::string> range = absl::StrSplit(words[1], absl::MaxSplits("..", 1));
  if (words[1] == "site") {
    step.first = step.last = 0;
  } else if (!absl::SimpleAtoi(range.first, &step.first) || step.first < 1 ||
             !absl::SimpleAtoi(range.second.empty() ? range.first : range.second, &step.last)) {
    return absl::InvalidArgumentError(StrCat("\"", words[1], "\": write on 3, on 4..9 or on site"));
  }
  words.erase(words.begin(), words.begin() + 2);
  return absl::OkStatus();
}

absl::Status ReadStep(int line, std::vector<std::string> words, Timeline& timeline) {
  TimelineStep step;
  step.line = line;
  const std::pair<std::string, std::string> times = absl::StrSplit(words[0], absl::MaxSplits("..", 1));
  const auto at = ParseDuration(times.first);
  if (!at.ok()) return at.status();
  step.at = step.until = *at;
  if (!times.second.empty()) {
    const auto until = ParseDuration(times.second);
    if (!until.ok()) return until.status();
    step.until = *until;
  }
  words.erase(words.begin());
  const bool expected = !words.empty() && words[0] == "expect";
  if (expected) words.erase(words.begin());
  if (absl::Status status = ReadMachines(words, step); !status.ok()) return status;
  if (words.empty()) return absl::InvalidArgumentError("a time without anything that happens");
  timeline.end = std::max(timeline.end, step.until);
  if (timeline.end > kEndMax) return absl::InvalidArgumentError("a timeline ends within 400 days");
  step.words = std::move(words);
  if (expected && step.words.size() < 3) return absl::InvalidArgumentError("expect needs an action, a type and a subject");
  if (expected && step.words[0] == kMessages) step.first = step.last = 0;
  if (step.words[0] != "end") (expected ? timeline.expected : timeline.steps).push_back(std::move(step));
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<Timeline> ParseTimeline(std::string_view name, std::string_view text) {
  Timeline timeline;
  timeline.name = std::string(name);
  int line = 0;
  for (absl::string_view row : absl::StrSplit(ToAbsl(text), '\n')) {
    ++line;
    row = absl::StripTrailingAsciiWhitespace(row.substr(0, row.find(" #")));
    std::vector<std::string> words = absl::StrSplit(row, ' ', absl::SkipWhitespace());
    if (words.empty() || words[0].starts_with("#")) continue;
    absl::Status status;
    if (words[0] == "class" && words.size() == 2) {
      timeline.machine_class = words[1];
    } else if (words[0] == "fleet" && words.size() == 2) {
      if (!absl::SimpleAtoi(words[1], &timeline.fleet) || timeline.fleet < 1 || timeline.fleet > kFleetMax) {
        status = absl::InvalidArgumentError(StrCat("a fleet has 1 to ", kFleetMax, " machines"));
      }
    } else if (words[0] == "interval" && words.size() == 2) {
      const auto interval = ParseDuration(words[1]);
      status = interval.status();
      if (interval.ok()) timeline.interval = *interval;
      if (interval.ok() && *interval < absl::Seconds(1)) status = absl::InvalidArgumentError("a machine is sampled once a second at most");
    } else if (words[0] == "site" && words.size() > 1) {
      timeline.site = absl::StrJoin(words.begin() + 1, words.end(), " ");
    } else if (row == "new machine" || row == "new machine at an old site") {
      timeline.is_new_machine = true;
      timeline.is_old_site = row != "new machine";
    } else if (words[0] == "zone" && words.size() == 2) {
      status = ReadZone(words[1], timeline);
    } else if (words[0] == "start" && words.size() == 3) {
      status = ReadStart(words[1], words[2], timeline);
    } else if (words[0] == "window" && words.size() == 3) {
      status = ReadWindow(words[1], words[2], timeline);
    } else if (words[0] == "rule" && words.size() > 2) {
      status = ReadRule(words, timeline);
    } else {
      status = ReadStep(line, std::move(words), timeline);
    }
    if (!status.ok()) return absl::InvalidArgumentError(StrCat(name, ":", line, ": ", ToStd(status.message())));
  }
  const auto earlier = [](const TimelineStep& a, const TimelineStep& b) { return a.at < b.at; };
  std::stable_sort(timeline.steps.begin(), timeline.steps.end(), earlier);
  std::stable_sort(timeline.expected.begin(), timeline.expected.end(), earlier);
  return timeline;
}

}  // namespace steward::collector
