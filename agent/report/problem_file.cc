#include "agent/report/problem_file.h"

#include "absl/strings/ascii.h"
#include "agent/report/json_fields.h"
#include "base/text.h"
#include "proto/wire/utf8.h"

namespace steward::agent {
namespace {

namespace json = boost::json;

constexpr std::size_t kProblemFileBytesMax = 256 << 10;

absl::Status NotProblems(std::string_view what) { return absl::InvalidArgumentError(StrCat("not a list of problems: ", what)); }

std::size_t CountCharacters(std::string_view text) {
  std::size_t count = 0;
  for (; !text.empty(); ++count) text.remove_prefix(wire::Utf8CharacterSize(text));
  return count;
}

}  // namespace

absl::StatusOr<std::string> ProblemText(std::string_view text) {
  if (!wire::IsUtf8(text)) return absl::InvalidArgumentError("the text must be UTF-8");
  std::string kept(text);
  for (char& c : kept) {
    if (absl::ascii_iscntrl(static_cast<unsigned char>(c))) c = ' ';
  }
  absl::StripAsciiWhitespace(&kept);
  if (kept.empty()) return absl::InvalidArgumentError("say in some words what is wrong");
  if (const std::size_t count = CountCharacters(kept); count > kProblemCharactersMax) {
    return absl::InvalidArgumentError(StrCat("the text has ", count, " characters; at most ", kProblemCharactersMax, " are kept, so say it shorter"));
  }
  return kept;
}

void NoteProblem(Problem problem, std::vector<Problem>& problems) {
  problems.push_back(std::move(problem));
  if (problems.size() > kProblemsMax) problems.erase(problems.begin(), problems.end() - kProblemsMax);
}

std::string FormatProblems(const std::vector<Problem>& problems) {
  json::array list;
  for (const Problem& problem : problems) list.push_back({{"time", absl::ToUnixSeconds(problem.time)}, {"text", problem.text}});
  return json::serialize(json::object{{"problems", std::move(list)}}) + "\n";
}

absl::StatusOr<std::vector<Problem>> ParseProblems(std::string_view text) {
  std::vector<Problem> problems;
  if (text.empty()) return problems;
  if (text.size() > kProblemFileBytesMax) return NotProblems("too long");
  const json::value document = ParseJson(text);
  const json::value* list = document.is_object() ? document.as_object().if_contains("problems") : nullptr;
  if (list == nullptr || !list->is_array()) return NotProblems("no JSON object with problems");
  if (list->as_array().size() > kProblemsMax) return NotProblems(StrCat("more than ", kProblemsMax));
  for (const json::value& item : list->as_array()) {
    const auto time = item.is_object() ? SecondsField(item.as_object(), "time") : std::nullopt;
    if (!time) return NotProblems("one has no time");
    auto kept = ProblemText(TextField(item.as_object(), "text"));
    if (!kept.ok()) return kept.status();
    problems.push_back({*time, *std::move(kept)});
  }
  return problems;
}

}  // namespace steward::agent
