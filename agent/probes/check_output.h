// What a check of the company's own printed: Nagios' plugin output, or Checkmk's lines of local checks.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace steward::agent {

// Beyond these is left out.
inline constexpr std::size_t kCheckServicesMax = 100;  // of one program
inline constexpr std::size_t kCheckValuesMax = 50;     // of one service
inline constexpr std::size_t kCheckTextBytesMax = 1000;
inline constexpr std::size_t kCheckNameBytesMax = 200;

enum CheckStatus : int { kCheckGood = 0, kCheckWarning = 1, kCheckCritical = 2, kCheckUnknown = 3 };
// "good", "warning", "critical", "unknown".
std::string_view CheckStatusName(int status);

struct CheckValue {
  std::string metric;
  double value = 0;
};

struct CheckVerdict {
  std::string name;  // of a Checkmk service; empty: the program's
  int status = kCheckUnknown;
  std::string text = {};
  std::vector<CheckValue> values = {};
};

// Checkmk's lines are known by their first one, `0 "Service" metric=value;warn;crit;min;max|other=2 text`: status 0 to 3, or P
// for what the levels say ("80" and more, or below 10 and from 80 on with "10:80"); "-" stands for no metrics. A line that is
// none is told as a service of its own without a name, status 3.
// All else is Nagios': the exit code is the status, the first line the text, what is behind '|' performance data, below it
// long text, and behind another '|' more performance data. Values with a unit are told in its base: s, B (1 KB is 1024 B),
// and % as a ratio. Never empty.
std::vector<CheckVerdict> ParseCheckOutput(int exit_code, std::string_view output);

}  // namespace steward::agent
