// `stewardctl policy`: the document that says what people have decided.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "collector/ctl/commands.h"
#include "steward/v1/policy.pb.h"

namespace CLI {
class App;
}

namespace steward::collector {

// Adds show, check, apply, history and test to `policy`; the one that is chosen is put into `run`. Both outlive the parsing
// and the run.
void AddPolicyCommands(CLI::App& policy, Run& run);

// Without a number the one in force.
absl::Status PolicyShow(const CtlContext& context, const std::optional<std::uint64_t>& number);
// InvalidArgument: the mistakes, each on a line.
absl::Status PolicyCheck(const CtlContext& context, const std::string& file);
struct PolicyApplyArguments {
  std::string file;
  std::string reason;
  std::optional<absl::Time> effective;
};
absl::Status PolicyApply(const CtlContext& context, const PolicyApplyArguments& arguments);
absl::Status PolicyHistory(const CtlContext& context, bool differences);

// Timelines against the rules of a policy: that of the file, or the one in force. FailedPrecondition: something else came.
absl::Status PolicyTest(const CtlContext& context, const std::string& policy_file, const std::vector<std::string>& timelines);

}  // namespace steward::collector
