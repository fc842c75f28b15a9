#include "collector/ctl/command_line.h"

#include <curl/curl.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdlib>
#include <iostream>
#include <sstream>

#include "base/duration.h"
#include "base/text.h"
#include "base/version.h"
#include "collector/ctl/commands.h"
#include "collector/ctl/findings_command_line.h"
#include "collector/ctl/issue_command_line.h"
#include "collector/ctl/policy_command_line.h"
#include "collector/ctl/time_argument.h"
#include "collector/ctl/window_command_line.h"

namespace steward::collector {
namespace {

constexpr int kFailed = 1;
constexpr int kWrongUsage = 2;
constexpr char kInstalledData[] = "/var/lib/steward-collector";

struct Arguments {
  ApiAddress address;
  bool json = false;
  TokenCreateArguments token;
  std::string expires;
  bool include_retired = false;
  std::string name;  // of a machine, issue, token or channel
  std::string reason;
  std::string as;
  std::uint32_t days = 0;
  bool retire = false;
  IssuesArguments issues;
  SamplesArguments samples;
  std::string from, to, step, function;
  std::vector<std::string> labels;
  std::string state;
  std::string channel;
};

// Found while reading the command line: wrong usage.
[[noreturn]] void Refuse(const std::string& option, std::string_view why) {
  throw CLI::ValidationError(option, std::string(why));
}

void FinishToken(Arguments& arguments) {
  if (!arguments.expires.empty()) {
    const auto expires = ParseDuration(arguments.expires);
    if (!expires.ok()) Refuse("--expires", ToStd(expires.status().message()));
    arguments.token.expires = *expires;
  }
  if (arguments.token.api && arguments.token.role.empty()) {
    Refuse("--api", "needs --role: owner, it-manager, partner, viewer or metrics");
  }
  if (!arguments.token.api && !arguments.token.role.empty()) Refuse("--role", "is for API tokens: add --api");
}

// NAME=VALUE, and with !=, =~, !~ between them.
SamplesArguments::Matcher ParseMatcher(const std::string& text) {
  const std::size_t at = text.find_first_of("=!");
  if (at != std::string::npos && at > 0) {
    for (const std::string op : {"=~", "!~", "!=", "="}) {
      if (text.compare(at, op.size(), op) == 0) return {text.substr(0, at), op, text.substr(at + op.size())};
    }
  }
  Refuse("--label", StrCat("takes NAME=VALUE, NAME!=VALUE, NAME=~EXPRESSION or NAME!~EXPRESSION, not \"", text, "\""));
}

void FinishSamples(Arguments& arguments) {
  if (!arguments.step.empty()) {
    const auto step = ParseDuration(arguments.step);
    if (!step.ok()) Refuse("--step", ToStd(step.status().message()));
    if (*step < absl::Milliseconds(1)) Refuse("--step", "must be a millisecond at least, such as 1m");
    arguments.samples.step = *step;
  }
  arguments.samples.function = arguments.function;
  const auto read_time = [](const char* option, const std::string& text, std::optional<absl::Time>& into) {
    if (text.empty()) return;
    const auto time = ParseTimeArgument(text, absl::Now());
    if (!time.ok()) Refuse(option, ToStd(time.status().message()));
    into = *time;
  };
  read_time("--from", arguments.from, arguments.samples.from);
  read_time("--to", arguments.to, arguments.samples.to);
  for (const std::string& label : arguments.labels) {
    arguments.samples.labels.push_back(ParseMatcher(label));
  }
}

void AddTokenCommands(CLI::App& app, Arguments& arguments, Run& run) {
  CLI::App* token = app.add_subcommand("token", "tokens that enrol machines or open the API")->require_subcommand(1);
  CLI::App* create = token->add_subcommand("create", "make a token; it is shown once");
  create->add_option("--site", arguments.token.site, "site of the machines that enrol with it (default: main)");
  create->add_option("--class", arguments.token.machine_class, "server, desktop or laptop; by default the agent finds out");
  create->add_option("--uses", arguments.token.uses, "how many machines may enrol with it (1)");
  create->add_option("--expires", arguments.expires, "until when it is good: 24h, 7d (24h; API tokens 400d)");
  create->add_option("--address", arguments.token.addresses, "host:port at which agents reach this collector; may be repeated")
      ->allow_extra_args(false);
  create->add_flag("--api", arguments.token.api, "a token for programs instead");
  create->add_option("--role", arguments.token.role, "with --api: owner, it-manager, partner, viewer or metrics");
  create->callback([&] {
    FinishToken(arguments);
    run = [&](const CtlContext& context) { return TokenCreate(context, arguments.token); };
  });
  token->add_subcommand("list", "all tokens, without their secrets")->callback([&] { run = TokenList; });
  CLI::App* revoke = token->add_subcommand("revoke", "end a token");
  revoke->add_option("ID", arguments.name, "as in `token list`")->required();
  revoke->callback([&] { run = [&](const CtlContext& context) { return TokenRevoke(context, arguments.name); }; });
}

void AddMachineCommands(CLI::App& app, Arguments& arguments, Run& run) {
  CLI::App* machines = app.add_subcommand("machines", "all machines");
  machines->add_flag("--all", arguments.include_retired, "retired ones too");
  machines->callback([&] { run = [&](const CtlContext& context) { return Machines(context, arguments.include_retired); }; });
  CLI::App* machine = app.add_subcommand("machine", "one machine")->require_subcommand(1);
  CLI::App* show = machine->add_subcommand("show", "what is known of a machine, its inventory and changes");
  show->add_option("MACHINE", arguments.name, "id or host name")->required();
  show->add_option("--days", arguments.days, "of the coverage record (7, at most 400)")->check(CLI::Range(1, 400));
  show->callback([&] {
    run = [&](const CtlContext& context) { return MachineShow(context, arguments.name, arguments.days); };
  });
  CLI::App* watched = machine->add_subcommand("watched", "what issues are looked for on a machine, and which are not and why");
  watched->add_option("MACHINE", arguments.name, "id or host name")->required();
  watched->callback([&] { run = [&](const CtlContext& context) { return MachineWatched(context, arguments.name); }; });
  CLI::App* approve = machine->add_subcommand(
      "approve",
      "this machine was set up anew and goes on for the one it was before: it takes over site, class and name, the old one "
      "is retired and keeps its history under its id. `stewardctl machines` offers it where the hardware is the same; "
      "clones of a virtual machine are the same, too, so nothing happens by itself");
  approve->add_option("MACHINE", arguments.name, "the new one: id or instance")->required();
  approve->add_option("--as", arguments.as, "the old one: id or instance (default: the one of the same hardware)");
  approve->callback([&] {
    run = [&](const CtlContext& context) { return MachineApprove(context, arguments.name, arguments.as); };
  });
  CLI::App* retire = machine->add_subcommand("retire", "end a machine's right to connect; its history stays");
  retire->add_option("MACHINE", arguments.name, "id or host name")->required();
  retire->add_option("--reason", arguments.reason, "why, for the records");
  retire->callback([&] {
    run = [&](const CtlContext& context) { return MachineRetire(context, arguments.name, arguments.reason); };
  });
  CLI::App* remove = machine->add_subcommand("delete", "delete a retired machine with its samples, inventory and issues, for good");
  remove->add_option("MACHINE", arguments.name, "id or host name")->required();
  remove->add_option("--reason", arguments.reason, "why, for the records");
  remove->add_flag("--retire", arguments.retire, "retire it first if it is active");
  remove->callback([&] {
    run = [&](const CtlContext& context) {
      return MachineDelete(context, arguments.name, arguments.reason, arguments.retire);
    };
  });
}

void AddIssueCommands(CLI::App& app, Arguments& arguments, Run& run) {
  CLI::App* issues = app.add_subcommand("issues", "open issues");
  issues->add_flag("--all", arguments.issues.all, "those that are over too");
  issues->add_option("--machine", arguments.issues.machine, "of this machine only");
  issues->add_option("--type", arguments.issues.type, "of this type only, e.g. disk-space-low");
  issues->callback([&] { run = [&](const CtlContext& context) { return Issues(context, arguments.issues); }; });
  CLI::App* issue = app.add_subcommand("issue", "one issue, and what people do about it")->require_subcommand(1);
  CLI::App* show = issue->add_subcommand("show", "what is wrong, the evidence, and what happened so far");
  show->add_option("ID", arguments.name, "or its beginning")->required();
  show->callback([&] { run = [&](const CtlContext& context) { return IssueShow(context, arguments.name); }; });
  AddIssueActions(*issue, run);
  AddDrill(app, run);
}

void AddAuditCommands(CLI::App& app, Arguments& arguments, Run& run) {
  CLI::App* audit = app.add_subcommand("audit", "the trail of what was changed, and by whom")->require_subcommand(1);
  audit->add_subcommand("export", "all entries, oldest first, a line of JSON each")->callback([&] { run = AuditExport; });
  CLI::App* verify = audit->add_subcommand("verify", "whether an entry was altered, removed or put elsewhere");
  verify->add_option("FILE", arguments.name, "an export; without it the collector's own trail");
  verify->callback([&] { run = [&](const CtlContext& context) { return AuditVerify(context, arguments.name); }; });
}

void AddOtherCommands(CLI::App& app, Arguments& arguments, Run& run) {
  CLI::App* samples = app.add_subcommand("samples", "stored samples of one metric of one machine");
  samples->add_option("MACHINE", arguments.samples.machine, "id or host name")->required();
  samples->add_option("METRIC", arguments.samples.metric, "e.g. node_load1")->required();
  samples->add_option("--from", arguments.from, "time, or duration before now (1h before --to)");
  samples->add_option("--to", arguments.to, "time, or duration before now (now)");
  samples->add_option("--label", arguments.labels, "NAME=VALUE, or with !=, =~, !~ (a regular expression, of the whole value); may be repeated")
      ->allow_extra_args(false);
  samples->add_option("--step", arguments.step, "one point for every 1m, 1h...; it carries the time its step begins");
  samples->add_option("--fn", arguments.function, "what to make of a step, or else of the whole range; rate: growth of a counter by the second")
      ->check(CLI::IsMember({"last", "min", "max", "mean", "sum", "rate"}));
  samples->callback([&] {
    FinishSamples(arguments);
    run = [&](const CtlContext& context) { return Samples(context, arguments.samples); };
  });

  CLI::App* channel = app.add_subcommand("channel", "ways by which issues leave")->require_subcommand(1);
  CLI::App* test = channel->add_subcommand("test", "send a marked test message now");
  test->add_option("NAME", arguments.name, "of the channel, as in collector.toml")->required();
  test->callback([&] { run = [&](const CtlContext& context) { return ChannelTest(context, arguments.name); }; });

  CLI::App* deliveries = app.add_subcommand("deliveries", "what was sent, waits or was given up")->require_subcommand(0, 1);
  deliveries->add_option("--state", arguments.state, "waiting, delivered or dead");
  deliveries->add_subcommand("list", "the same");
  CLI::App* retry = deliveries->add_subcommand("retry", "send once more what was given up");
  retry->add_option("KEY", arguments.name, "as in `deliveries --state dead`, or its beginning")->required();
  retry->add_option("--channel", arguments.channel, "on this channel only");
  deliveries->callback([&, deliveries] {  // after that of a subcommand
    if (deliveries->got_subcommand("retry")) {
      run = [&](const CtlContext& context) { return DeliveryRetry(context, arguments.name, arguments.channel); };
    } else {
      run = [&](const CtlContext& context) { return Deliveries(context, arguments.state); };
    }
  });

  app.add_subcommand("status", "how the collector is doing")->callback([&] { run = CollectorStatus; });
  app.add_subcommand("version", "the version of this program");
}

int Report(const absl::Status& status, bool usage) {
  if (status.ok()) return 0;
  std::cerr << "stewardctl: " << ToStd(status.message()) << '\n';
  return usage ? kWrongUsage : kFailed;
}

}  // namespace

int RunCommandLine(int argc, char** argv) {
  CLI::App app("Asks and tells a Steward collector. By default the one on this machine, by its local socket.", "stewardctl");
  app.fallthrough();
  app.require_subcommand(1);
  Arguments arguments;
  Run run;
  CLI::Option* server = app.add_option("--server", arguments.address.server, "a collector elsewhere: https://host:7480");
  app.add_option("--token-file", arguments.address.token_file, "with --server: the file that holds an API token")->needs(server);
  app.add_option("--ca", arguments.address.ca_file, "with --server: PEM file of the authority behind its certificate")->needs(server);
  app.add_option("--data", arguments.address.data_dir,
                 "the collector's data directory ($STEWARD_DATA, else /var/lib/steward-collector)")
      ->excludes(server);
  app.add_option("--as", arguments.address.on_behalf, "by the local socket: act for this person; the records name both of you");
  app.add_flag("--json", arguments.json, "print JSON for programs");
  AddTokenCommands(app, arguments, run);
  AddMachineCommands(app, arguments, run);
  AddIssueCommands(app, arguments, run);
  AddFindingsCommands(*app.add_subcommand("findings", "initial findings: what was wrong when a machine was first seen")->require_subcommand(1), run);
  AddWindowCommands(*app.add_subcommand("window", "agreed times in which machines may be disturbed")->require_subcommand(1), run);
  AddPolicyCommands(*app.add_subcommand("policy", "the document that says what people have decided")->require_subcommand(1), run);
  AddAuditCommands(app, arguments, run);
  AddOtherCommands(app, arguments, run);
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& shown) {
    return app.exit(shown);
  } catch (const CLI::ParseError& error) {
    const std::vector<std::string> unknown = app.remaining();
    if (unknown.empty() || unknown.front().starts_with('-')) {
      app.exit(error);
    } else {
      std::cerr << "stewardctl: there is no command \"" << unknown.front() << "\" here. `stewardctl --help` lists them.\n";
    }
    return kWrongUsage;
  }
  if (app.got_subcommand("version")) {
    std::cout << "stewardctl " << Version() << '\n';
    return 0;
  }
  if (arguments.address.data_dir.empty()) {
    const char* data = std::getenv("STEWARD_DATA");
    arguments.address.data_dir = data != nullptr && *data != '\0' ? data : kInstalledData;
  }
  const auto api = ApiClient::Make(arguments.address);
  if (!api.ok()) return Report(api.status(), /*usage=*/true);

  std::ostringstream out;
  const bool terminal = isatty(STDOUT_FILENO) == 1 && std::getenv("NO_COLOR") == nullptr;
  const CtlContext context{.api = *api, .out = out, .notes = std::cerr, .json = arguments.json, .colours = terminal, .now = absl::Now()};
  curl_global_init(CURL_GLOBAL_DEFAULT);
  const absl::Status done = run(context);
  curl_global_cleanup();
  std::cout << out.str() << std::flush;
  if (!std::cout) return Report(absl::UnknownError("the output could not be written"), false);
  return Report(done, false);
}

}  // namespace steward::collector
