#include "agent/report/reported_group.h"

#include <map>

#include "agent/identity/whole_file.h"
#include "agent/report/problem_file.h"
#include "agent/report/report_directory.h"
#include "base/text.h"

namespace steward::agent {

InventoryGroup ReportedGroup(const std::filesystem::path& state_directory) {
  InventoryGroup group;
  group.group = "reported";
  const auto text = ReadWholeFile(state_directory / kReportsDirectory / kProblemFile);
  const auto problems = text.ok() ? ParseProblems(*text) : text.status();
  if (!problems.ok()) {
    if (!absl::IsNotFound(problems.status())) group.note = std::string(problems.status().message());
    return group;
  }
  std::map<std::string, std::string> by_key;
  for (const Problem& problem : *problems) {
    const std::string time = absl::FormatTime("%Y-%m-%dT%H:%M:%SZ", problem.time, absl::UTCTimeZone());
    std::string key = time;
    for (int count = 2; by_key.contains(key); ++count) key = StrCat(time, " (", count, ")");  // two in one second
    by_key[key] = problem.text;
  }
  for (const auto& [key, value] : by_key) group.facts.push_back({key, value});
  return group;
}

}  // namespace steward::agent
