// steward-agent: the flags; each command is elsewhere.
#include <iostream>
#include <string>
#include <vector>

#include "CLI/CLI.hpp"
#include "agent/command_support.h"
#include "agent/commands.h"
#include "agent/config.h"
#include "agent/platform/linux/helper_protocol.h"
#include "agent/probe_command.h"
#include "base/version.h"

namespace {

constexpr char kReportBackupHelp[] = R"(In a script, the backup's own exit code counts, too:

  out=$(mktemp)
  if restic backup --json /home >"$out" 2>&1; then result=ok; else result=failed; fi
  steward-agent report backup --job home --result $result --from restic <"$out"

In one pipe (bash): without pipefail the exit code of a program before the | is lost.

  set -o pipefail
  restic backup --json /home 2>&1 | steward-agent report backup --job home --from restic ||
      steward-agent report backup --job home --result failed

Output that does not say that a backup was made (the program was killed, for one) is a failed run.)";

}  // namespace

int main(int argc, char** argv) {
  using namespace steward::agent;
  CLI::App app{"Watches this machine and streams its inventory and health to the company's collector."};
  app.name("steward-agent");
  app.require_subcommand(1);

  EnrollOptions enroll{"", kDefaultStateDirectory, "", ""};
  CLI::App* enroll_command = app.add_subcommand("enroll", "Makes this machine known to a collector");
  enroll_command->add_option("TOKEN", enroll.token, "The text that `stewardctl token create` printed")->required();
  enroll_command->add_option("--state", enroll.state, "Directory for identity and spool")->capture_default_str();
  enroll_command->add_option("--config", enroll.config, std::string("Configuration file [") + kDefaultConfigFile + ", if there]");
  enroll_command->add_option("--answers", enroll.answers, "TOML file with what no probe can read: site, room, holder, role, ...");

  RunOptions run{kDefaultStateDirectory, "", ""};
  CLI::App* run_command = app.add_subcommand("run", "Watches until it is told to stop (SIGTERM)");
  run_command->add_option("--state", run.state, "Directory for identity and spool")->capture_default_str();
  run_command->add_option("--config", run.config, std::string("Configuration file [") + kDefaultConfigFile + ", if there]");
  run_command->add_option("--clock", run.clock, "For tests: unix:PATH, a socket that moves the time");

  std::string status_state = kDefaultStateDirectory;
  bool status_json = false;
  CLI::App* status_command = app.add_subcommand("status", "Asks the running agent how it is");
  status_command->add_option("--state", status_state, "The running agent's directory")->capture_default_str();
  status_command->add_flag("--json", status_json, "For programs");

  ProbeOptions probe;
  std::string probe_config;
  CLI::App* probe_command = app.add_subcommand("probe", "Prints what the agent reads here, enrolled or not; nothing is sent");
  probe_command->add_option("NAME", probe.names, "Probes, or inventory; all if none is named");
  probe_command->add_option("--root", probe.root, "Reads a recorded machine below this directory");
  probe_command->add_option("--record", probe.record, "Writes what was read to this directory");
  probe_command->add_option("--config", probe_config, std::string("What to check besides [") + kDefaultConfigFile + ", if there; not of a recorded machine]");
  probe_command->add_flag("--json", probe.json, "For programs");

  CLI::App* report_command = app.add_subcommand("report", "Tells the collector about a backup or a problem, as root or as the agent's user");
  report_command->require_subcommand(1);
  ReportBackupOptions backup;
  backup.state = kDefaultStateDirectory;
  CLI::App* report_backup_command = report_command->add_subcommand("backup", "Tells how a backup ended; kept until the next run, whether the agent runs or not");
  report_backup_command->add_option("--job", backup.job, "A name for this backup, the same each time: letters, digits, . _ -")->required();
  report_backup_command->add_option("--result", backup.result, "ok or failed; with --from: failed stands, ok only if the output says so, too");
  report_backup_command->add_option("--bytes", backup.bytes, "The size of what was to be saved");
  report_backup_command->add_option("--duration", backup.duration, "How long it took: 90s, 1h30m");
  report_backup_command->add_option("--from", backup.from, "restic or borg: reads result, bytes and duration from its --json output on standard input");
  report_backup_command->add_option("--every", backup.every, "How often it is to run, for jobs that do not run daily: 12h, 7d; told once, it stands");
  report_backup_command->add_option("--where", backup.where, "on-site, or off-site if it goes over the internet; told once, it stands");
  report_backup_command->add_flag("--forget", backup.forget, "Drops the job and what is known of it");
  report_backup_command->add_option("--state", backup.state, "The agent's directory")->capture_default_str();
  report_backup_command->footer(kReportBackupHelp);
  std::string problem_state = kDefaultStateDirectory;
  std::string problem_text;
  CLI::App* report_problem_command = report_command->add_subcommand("problem", "Tells in words what is wrong here; the last 20 are kept");
  report_problem_command->add_option("TEXT", problem_text, "At most 1000 characters")->required();
  report_problem_command->add_option("--state", problem_state, "The agent's directory")->capture_default_str();

  HelperOptions helper{std::string(kHelperSocket), "steward-agent", false};
  CLI::App* helper_command = app.add_subcommand("helper", "As root: answers the running agent, which has no privilege, from a fixed list of questions");
  helper_command->add_option("--socket", helper.socket, "Where to listen, if no socket unit has started it")->capture_default_str();
  helper_command->add_option("--user", helper.user, "Who may ask besides root, if no socket unit has started it")->capture_default_str();
  helper_command->add_flag("--idle-ends", helper.idle_ends, "Ends after a minute without a question");

  CLI::App* version_command = app.add_subcommand("version", "Prints the version");

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? kDone : kWrongUsage;
  }
  if (*enroll_command) return RunEnrollCommand(enroll);
  if (*run_command) return RunRunCommand(run);
  if (*status_command) return RunStatusCommand(status_state, status_json);
  if (*probe_command) {
    const auto config = probe.root.empty() || !probe_config.empty() ? ConfigFor(probe_config) : AgentConfig();
    if (!config.ok()) return Fail(kWrongUsage, config.status());
    probe.settings = config->probes;
    return RunProbeCommand(probe, std::cout, std::cerr);
  }
  if (*helper_command) return RunHelperCommand(helper);
  if (*report_backup_command) return RunReportBackupCommand(backup);
  if (*report_problem_command) return RunReportProblemCommand(problem_state, problem_text);
  if (*version_command) std::cout << "steward-agent " << std::string(steward::Version()) << std::endl;
  return kDone;
}
