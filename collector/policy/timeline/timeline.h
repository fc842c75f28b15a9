// A timeline: what happened to a machine, or to a fleet of them, and what issues must come of it, as text that a person can read.
// tests/collector/rules/timelines/README.md says how to write one.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "collector/config/config.h"
#include "collector/policy/policy_reader.h"

namespace steward::collector {

inline constexpr int kFleetMax = 200;
inline constexpr std::string_view kMessages = "messages";  // the action of an expectation of them

struct TimelineStep {
  int line = 0;
  absl::Duration at;
  absl::Duration until;            // equal to `at`, except for "1h..3h"
  std::vector<std::string> words;
  int first = 1, last = kFleetMax; // which machines of a fleet; 0: the site itself
};

struct Timeline {
  std::string name;
  std::string site = "Head office";
  std::string machine_class = "server";
  int fleet = 1;                       // machines to which the same happens
  absl::Duration interval = absl::Seconds(15);
  bool is_new_machine = false;         // it enrols at the start; else it is there for long
  bool is_old_site = false;            // another machine was there for long
  std::map<std::string, RuleConfig> rules;
  absl::Time start = absl::FromUnixSeconds(1'772'438'400);  // Monday 2026-03-02 08:00 UTC
  std::string zone;                    // of the site; empty: as the policy says, else UTC
  std::vector<WindowConfig> windows;   // beside the policy's
  std::vector<TimelineStep> steps;     // in order of time
  // Words: action, type, subject ("-": the machine), severity and told or untold if given; or messages, party, number.
  std::vector<TimelineStep> expected;
  absl::Duration end;
};

// InvalidArgument names the file and the line.
absl::StatusOr<Timeline> ParseTimeline(std::string_view name, std::string_view text);

// One thing that happened to an issue; or how many messages a party got since it was asked last (messages, party, number).
struct TimelineEvent {
  absl::Duration at;               // since the start
  int machine = 0;                 // of the fleet; 0: the site's
  std::string action, type, subject, severity;
  std::string id, key;             // the issue's; the notification's, if one was sent
  std::string ToString() const;
  friend bool operator==(const TimelineEvent&, const TimelineEvent&) = default;
};

// Against the rules, sites and windows of the policy; what the timeline sets itself is laid over them. InvalidArgument: a step or
// a rule that is not understood, with its line.
absl::StatusOr<std::vector<TimelineEvent>> RunTimeline(const Timeline& timeline, const Policy& policy = {});

// What differs between expectation and result, for people; empty if nothing does.
std::string CompareTimeline(const Timeline& timeline, std::vector<TimelineEvent> events);

}  // namespace steward::collector
