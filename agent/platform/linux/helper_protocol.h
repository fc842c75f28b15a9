// What agent and root helper say to each other over a local socket, one question a connection:
//   smart 30000\n                      a tool's name and how many milliseconds it may take
//   ok 1234\n<1234 bytes>              what the tool told
//   error PERMISSION_DENIED text\n     an absl::StatusCode's name and a line of text
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "agent/platform/tool.h"

namespace steward::agent {

inline constexpr std::string_view kHelperSocket = "/run/steward-agent/helper.sock";
inline constexpr std::size_t kHelperLineMax = 1024;             // of a question or of an answer's head
inline constexpr std::size_t kHelperAnswerMax = std::size_t{8} << 20;
inline constexpr absl::Duration kHelperDeadlineMax = absl::Minutes(2);

struct HelperQuestion {
  Tool tool = Tool::kRpmPackages;
  absl::Duration deadline;  // more than 0, at most kHelperDeadlineMax
};

// With the line's end.
std::string FormatHelperQuestion(const HelperQuestion& question);
// `line` without its end. InvalidArgument: what it should be. A tool that does not need root is none of the helper's.
absl::StatusOr<HelperQuestion> ParseHelperQuestion(std::string_view line);

// Head and bytes. An answer that is too long becomes an error.
std::string FormatHelperAnswer(const absl::StatusOr<std::string>& answer);
// The head without the line's end: how many bytes follow, or the error that it tells. InvalidArgument: it is no head.
absl::StatusOr<std::size_t> ParseHelperAnswerHead(std::string_view line);

}  // namespace steward::agent
