#include "agent/platform/linux/helper_protocol.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <optional>

#include "base/text.h"

namespace steward::agent {
namespace {

std::optional<std::int64_t> Number(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<absl::StatusCode> CodeNamed(std::string_view name) {
  for (int candidate = 1; candidate <= static_cast<int>(absl::StatusCode::kUnauthenticated); ++candidate) {
    const auto code = static_cast<absl::StatusCode>(candidate);
    if (absl::StatusCodeToString(code) == name) return code;
  }
  return std::nullopt;
}

// Printable, on one line.
std::string OneLine(std::string_view text) {
  std::string line(text.substr(0, kHelperLineMax / 2));
  std::replace_if(line.begin(), line.end(), [](char c) { return static_cast<unsigned char>(c) < ' '; }, ' ');
  return line;
}

}  // namespace

std::string FormatHelperQuestion(const HelperQuestion& question) {
  return StrCat(ToolName(question.tool), " ", absl::ToInt64Milliseconds(question.deadline), "\n");
}

absl::StatusOr<HelperQuestion> ParseHelperQuestion(std::string_view line) {
  const std::size_t space = line.find(' ');
  if (space == std::string_view::npos) return absl::InvalidArgumentError("a question is a tool's name and milliseconds");
  const std::optional<Tool> tool = ToolNamed(line.substr(0, space));
  if (!tool.has_value() || !NeedsRoot(*tool)) {
    return absl::InvalidArgumentError(StrCat("no question of the list: ", OneLine(line.substr(0, space))));
  }
  const std::optional<std::int64_t> deadline_ms = Number(line.substr(space + 1));
  if (!deadline_ms.has_value() || *deadline_ms <= 0 || *deadline_ms > absl::ToInt64Milliseconds(kHelperDeadlineMax)) {
    return absl::InvalidArgumentError(StrCat("the time must be 1 to ", absl::ToInt64Milliseconds(kHelperDeadlineMax), " ms"));
  }
  return HelperQuestion{*tool, absl::Milliseconds(*deadline_ms)};
}

std::string FormatHelperAnswer(const absl::StatusOr<std::string>& answer) {
  if (!answer.ok()) {
    const std::string name = absl::StatusCodeToString(answer.status().code());
    return StrCat("error ", name, " ", OneLine(ToStd(answer.status().message())), "\n");
  }
  if (answer->size() > kHelperAnswerMax) {
    return FormatHelperAnswer(absl::ResourceExhaustedError(StrCat("the answer has more than ", kHelperAnswerMax >> 20, " MiB")));
  }
  return StrCat("ok ", answer->size(), "\n", *answer);
}

absl::StatusOr<std::size_t> ParseHelperAnswerHead(std::string_view line) {
  constexpr std::string_view kOk = "ok ";
  constexpr std::string_view kError = "error ";
  if (line.starts_with(kOk)) {
    const std::optional<std::int64_t> size = Number(line.substr(kOk.size()));
    if (size.has_value() && *size >= 0 && *size <= static_cast<std::int64_t>(kHelperAnswerMax)) {
      return static_cast<std::size_t>(*size);
    }
  } else if (line.starts_with(kError)) {
    const std::string_view rest = line.substr(kError.size());
    const std::size_t space = rest.find(' ');
    const std::optional<absl::StatusCode> code = CodeNamed(rest.substr(0, space));
    if (code.has_value()) return absl::Status(*code, ToAbsl(space == std::string_view::npos ? rest : rest.substr(space + 1)));
  }
  return absl::InvalidArgumentError("the root helper's answer is not understood: are agent and helper of one version?");
}

}  // namespace steward::agent
