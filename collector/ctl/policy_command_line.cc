#include "collector/ctl/policy_command_line.h"

#include <CLI/CLI.hpp>
#include <memory>

#include "base/text.h"
#include "collector/ctl/time_argument.h"

namespace steward::collector {
namespace {

// What the options fill in; one for all commands, as only one is run.
struct Texts {
  std::string file, effective;
  std::optional<std::uint64_t> number;
  std::vector<std::string> timelines;
  PolicyApplyArguments apply;
  bool differences = false;
};

void AddApply(CLI::App& policy, Run& run, const std::shared_ptr<Texts>& texts) {
  CLI::App* apply = policy.add_subcommand("apply", "make a document the next version; nothing has to be restarted");
  apply->add_option("FILE", texts->apply.file, "TOML: sites, service levels, windows, rules, routes, runbooks")->required();
  apply->add_option("--reason", texts->apply.reason, "why it changes; kept with it")->required();
  apply->add_option("--effective", texts->effective, "from when it holds: 2026-12-24, 2026-12-24T09:00:00Z, 7d (now)");
  apply->callback([&run, texts] {
    if (!texts->effective.empty()) {
      const auto time = ParseDateArgument(texts->effective, absl::Now());
      if (!time.ok()) throw CLI::ValidationError("--effective", std::string(ToStd(time.status().message())));
      texts->apply.effective = *time;
    }
    run = [texts](const CtlContext& context) { return PolicyApply(context, texts->apply); };
  });
}

}  // namespace

void AddPolicyCommands(CLI::App& policy, Run& run) {
  const auto texts = std::make_shared<Texts>();
  CLI::App* show = policy.add_subcommand("show", "the version in force, as it was written");
  show->add_option("--version", texts->number, "another one, as in `policy history`; 0 is what collector.toml says");
  show->callback([&run, texts] { run = [texts](const CtlContext& context) { return PolicyShow(context, texts->number); }; });
  CLI::App* check = policy.add_subcommand("check", "what is wrong with a document, and what would change; changes nothing");
  check->add_option("FILE", texts->file, "as for apply")->required();
  check->callback([&run, texts] { run = [texts](const CtlContext& context) { return PolicyCheck(context, texts->file); }; });
  AddApply(policy, run, texts);
  CLI::App* history = policy.add_subcommand("history", "all versions: by whom, why, from when");
  history->add_flag("--diff", texts->differences, "with what each changed");
  history->callback([&run, texts] { run = [texts](const CtlContext& context) { return PolicyHistory(context, texts->differences); }; });
  CLI::App* test = policy.add_subcommand(
      "test", "run timelines (what happens to a machine, which issues must come of it) against the rules, sites and windows of a policy");
  test->add_option("FILE", texts->timelines, "how to write one: tests/collector/rules/timelines/README.md")->required();
  test->add_option("--policy", texts->file, "of this document, whether it is applied or not (the policy in force)");
  test->callback([&run, texts] {
    run = [texts](const CtlContext& context) { return PolicyTest(context, texts->file, texts->timelines); };
  });
}

}  // namespace steward::collector
