#include "base/text.h"
#include "collector/config/load_config.h"
#include "collector/ctl/output.h"
#include "collector/ctl/policy_command_line.h"
#include "collector/policy/timeline/timeline.h"

namespace steward::collector {
namespace {

// Of the file, or what the collector has in force. Its channels are not known here, so routes are not looked at.
absl::StatusOr<Policy> PolicyOf(const CtlContext& context, const std::string& file) {
  if (!file.empty()) {
    const auto text = ReadConfigFile(file);
    return text.ok() ? ReadPolicy(*text, file, nullptr) : text.status();
  }
  v1::GetPolicyResponse response;
  const absl::Status called = context.api.Call("PolicyService/GetPolicy", v1::GetPolicyRequest(), response);
  if (!called.ok()) return called;
  return ReadPolicy(response.version().text(), "the policy in force", nullptr);
}

// What was wrong, a line each; empty: all came as it was expected.
absl::StatusOr<std::string> RunFile(const std::string& file, const Policy& policy, std::size_t& expected) {
  const auto text = ReadConfigFile(file);
  if (!text.ok()) return text.status();
  const auto timeline = ParseTimeline(file, *text);
  if (!timeline.ok()) return timeline.status();
  const auto events = RunTimeline(*timeline, policy);
  if (!events.ok()) return events.status();
  expected = timeline->expected.size();
  return CompareTimeline(*timeline, *events);
}

}  // namespace

absl::Status PolicyTest(const CtlContext& context, const std::string& policy_file, const std::vector<std::string>& timelines) {
  const auto policy = PolicyOf(context, policy_file);
  if (!policy.ok()) return policy.status();
  std::size_t failed = 0;
  for (const std::string& file : timelines) {
    std::size_t expected = 0;
    const auto wrong = RunFile(file, *policy, expected);
    if (wrong.ok() && wrong->empty()) {
      context.out << Printable(file) << ": " << Coloured("ok", Colour::kGood, context.colours) << ", " << expected << " as expected\n";
      continue;
    }
    ++failed;
    context.out << Printable(file) << ": " << Coloured("not ok", Colour::kBad, context.colours) << '\n'
                << (wrong.ok() ? *wrong : StrCat(ToStd(wrong.status().message()), "\n"));
  }
  if (failed == 0) return absl::OkStatus();
  return absl::FailedPreconditionError(StrCat(failed, " of ", timelines.size(), " timelines went otherwise"));
}

}  // namespace steward::collector
