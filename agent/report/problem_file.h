// What `steward-agent report problem` leaves for the inventory: <state>/reports/problems.json, the last ones in people's words.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace steward::agent {

inline constexpr char kProblemFile[] = "problems.json";
inline constexpr std::size_t kProblemsMax = 20;
inline constexpr std::size_t kProblemCharactersMax = 1000;

struct Problem {
  absl::Time time;  // whole seconds, as in the file
  std::string text;
};

// As it is kept: without spaces around it, control characters as spaces. InvalidArgument: empty, too long, not UTF-8.
absl::StatusOr<std::string> ProblemText(std::string_view text);

// The oldest goes if there are more than kProblemsMax.
void NoteProblem(Problem problem, std::vector<Problem>& problems);

std::string FormatProblems(const std::vector<Problem>& problems);
// No text is no problem. InvalidArgument: not what FormatProblems writes.
absl::StatusOr<std::vector<Problem>> ParseProblems(std::string_view text);

}  // namespace steward::agent
