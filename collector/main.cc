// steward-collector: the command line.
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <memory>
#include <string>

#include "CLI/CLI.hpp"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "base/clock_socket.h"
#include "base/service_manager.h"
#include "base/text.h"
#include "boost/asio/executor_work_guard.hpp"
#include "boost/asio/io_context.hpp"
#include "boost/asio/signal_set.hpp"
#include "collector/api/http_server.h"
#include "collector/collector.h"
#include "collector/commands.h"
#include "collector/config/load_config.h"
#include "collector/delivery/channel_list.h"
#include "collector/delivery/secret.h"
#include "collector/grpc_log.h"
#include "collector/ingest/uplink_server.h"
#include "collector/log_setup.h"
#include "collector/policy/policy_text.h"
#include "collector/report/privacy_report.h"
#include "collector/rules/rule_list.h"
#include "spdlog/spdlog.h"

namespace steward::collector {
namespace {

constexpr int kDone = kExitDone;
constexpr int kFailed = kExitFailed;
constexpr int kWrongUsage = kExitWrongUsage;
constexpr char kInstalledConfig[] = "/etc/steward/collector.toml";
constexpr char kInstalledData[] = "/var/lib/steward-collector";

struct Arguments {
  std::string config;
  std::string data = kInstalledData;
  std::string agents_listen;
  std::string http_listen;
  std::string clock;
  std::string file;
  std::string to;
  std::string from;
  std::string passphrase_file;
  bool json = false;
};

// 10,000 agents are 10,000 descriptors; the usual soft limit is 1,024.
void RaiseDescriptorLimit() {
  rlimit limit = {};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == limit.rlim_max) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

// For serving, every secret must be readable. Whoever only checks a file need not be allowed to read the secrets, and has
// not the environment of the collector.
absl::Status CheckSecret(const ChannelConfig& channel, bool serving) {
  if (!serving && !channel.secret_env.empty()) return absl::OkStatus();
  const absl::Status status = ReadSecret(channel).status();
  return !serving && absl::IsPermissionDenied(status) ? absl::OkStatus() : status;
}

// The company's own rules are kept in `own_rules`.
ConfigVocabulary Vocabulary(bool serving, std::vector<RuleDefinition>& own_rules) {
  return {KnownRules(), ChannelTypes(), [serving](const ChannelConfig& channel) { return CheckSecret(channel, serving); },
          [&own_rules](TableReader& reader) { return ReadOwnRule(reader, own_rules); }};
}

// Empty: there is none.
std::string ConfigFileOf(const Arguments& arguments) {
  if (!arguments.config.empty()) return arguments.config;
  return ::access(kInstalledConfig, F_OK) == 0 ? kInstalledConfig : "";
}

absl::StatusOr<Config> ConfigOf(const Arguments& arguments, std::vector<RuleDefinition>& own_rules) {
  const std::string file = ConfigFileOf(arguments);
  return file.empty() ? Config() : LoadConfig(file, Vocabulary(true, own_rules));
}

absl::StatusOr<std::string> PolicyTextOf(const Arguments& arguments) {
  const std::string file = ConfigFileOf(arguments);
  if (file.empty()) return std::string();
  const absl::StatusOr<std::string> text = ReadConfigFile(file);
  return text.ok() ? PolicyPartOf(*text) : text;
}

absl::Status Override(const std::string& option, const std::string& text, HostPort& address) {
  if (text.empty()) return absl::OkStatus();
  absl::StatusOr<HostPort> parsed = ParseHostPort(text);
  if (!parsed.ok()) return absl::InvalidArgumentError(StrCat(option, " ", ToStd(parsed.status().message())));
  address = *std::move(parsed);
  return absl::OkStatus();
}

absl::StatusOr<CollectorOptions> OptionsOf(const Arguments& arguments) {
  std::vector<RuleDefinition> own_rules;
  absl::StatusOr<Config> config = ConfigOf(arguments, own_rules);
  if (!config.ok()) return config.status();
  absl::Status status = Override("--agents-listen", arguments.agents_listen, config->listen.agents);
  if (status.ok()) status = Override("--http-listen", arguments.http_listen, config->listen.http);
  if (status.ok()) status = CheckHttpListener(config->listen);
  if (status.ok()) status = CheckHttpTls(config->listen.http_certificate, config->listen.http_key);
  if (!status.ok()) return status;
  absl::StatusOr<OsSupport> os_support = OsSupport::Load(std::filesystem::path(arguments.data) / "os-support.toml");
  if (!os_support.ok()) return os_support.status();
  absl::StatusOr<std::string> policy_text = PolicyTextOf(arguments);
  if (!policy_text.ok()) return policy_text.status();
  return CollectorOptions{*std::move(config), arguments.data, STEWARD_VERSION, std::move(own_rules), *std::move(os_support), *std::move(policy_text)};
}

int Serve(const Arguments& arguments) {
  absl::StatusOr<CollectorOptions> options = OptionsOf(arguments);
  if (!options.ok()) return Complain(options.status(), kWrongUsage);
  SetUpLog(options->config.log);
  AllowOnlyTls13();
  SendGrpcLogToOurs();
  // gRPC's locks are abseil's, which by default look for circles at every one that is taken.
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
  RaiseDescriptorLimit();
  std::signal(SIGPIPE, SIG_IGN);
  ::umask(0077);

  boost::asio::io_context core(1);
  std::unique_ptr<ClockSocket> clock_socket;
  const absl::StatusOr<std::unique_ptr<Clock>> clock = MakeClock(arguments.clock, core, clock_socket);
  if (!clock.ok()) return Complain(clock.status(), kWrongUsage);
  absl::StatusOr<std::unique_ptr<Collector>> collector = Collector::Start(*std::move(options), **clock, core);
  if (!collector.ok()) return Complain(collector.status(), kFailed);

  auto work = boost::asio::make_work_guard(core);
  ServiceManager service_manager(core);
  boost::asio::signal_set signals(core, SIGTERM, SIGINT);
  signals.async_wait([&](const boost::system::error_code& error, int) {
    if (error) return;
    spdlog::info("stopping");
    service_manager.Stopping();
    (*collector)->Stop([&] {
      work.reset();
      core.stop();
    });
  });
  std::cout << "agents " << (*collector)->agents_address() << "\n"
            << "http " << (*collector)->http_url() << "\n"
            << "ready" << std::endl;
  service_manager.Ready();
  core.run();
  clock_socket.reset();
  collector->reset();
  return kDone;
}

int CheckConfig(const Arguments& arguments) {
  std::vector<RuleDefinition> own_rules;
  const absl::StatusOr<Config> config = LoadConfig(arguments.file, Vocabulary(false, own_rules));
  if (!config.ok()) return Complain(config.status(), kWrongUsage);
  std::cout << arguments.file << ": good\n";
  return kDone;
}

// --passphrase-file, else [backup] key_file.
absl::StatusOr<std::string> KeyFileOf(const Arguments& arguments) {
  if (!arguments.passphrase_file.empty()) return arguments.passphrase_file;
  std::vector<RuleDefinition> own_rules;
  const absl::StatusOr<Config> config = ConfigOf(arguments, own_rules);
  if (!config.ok()) return config.status();
  return config->backup.key_file;
}

int Backup(const Arguments& arguments) {
  const absl::StatusOr<std::string> key_file = KeyFileOf(arguments);
  if (!key_file.ok()) return Complain(key_file.status(), kWrongUsage);
  return BackupCommand({arguments.data, arguments.to, *key_file, STEWARD_VERSION});
}

int Restore(const Arguments& arguments) {
  const absl::StatusOr<std::string> key_file = KeyFileOf(arguments);
  if (!key_file.ok()) return Complain(key_file.status(), kWrongUsage);
  return RestoreCommand({arguments.from, arguments.data, *key_file});
}

int PrivacyReport(const Arguments& arguments) {
  std::vector<RuleDefinition> own_rules;
  const absl::StatusOr<Config> config = ConfigOf(arguments, own_rules);
  if (!config.ok()) return Complain(config.status(), kWrongUsage);
  std::cout << (arguments.json ? PrivacyReportJson(*config) : PrivacyReportText(*config));
  return kDone;
}

int PrintVersion() {
  std::cout << "steward-collector " << STEWARD_VERSION << "\n";
  return kDone;
}

void AddKeyOptions(CLI::App& command, Arguments& arguments, const std::string& otherwise) {
  command.add_option("--passphrase-file", arguments.passphrase_file, "File with the key of the backup; without it " + otherwise)
      ->check(CLI::ExistingFile);
  command.add_option("--config", arguments.config, "Configuration file, for [backup] key_file");
}

void AddMaintenance(CLI::App& app, Arguments& arguments, int& code) {
  CLI::App* check = app.add_subcommand("check", "Read everything a stopped collector has stored and say what is damaged");
  check->add_option("--data", arguments.data, "Data directory")->capture_default_str();
  check->callback([&] { code = CheckCommand(arguments.data); });

  CLI::App* backup = app.add_subcommand("backup", "Write all that a collector needs into one encrypted file; it may go on working");
  backup->add_option("--data", arguments.data, "Data directory")->capture_default_str();
  backup->add_option("--to", arguments.to, "File to be written; an older one is replaced when the new one is whole")->required();
  AddKeyOptions(*backup, arguments, "[backup] key_file, or the one beside the data directory, which is made if there is none");
  backup->callback([&] { code = Backup(arguments); });

  CLI::App* restore = app.add_subcommand("restore", "Make a data directory from a backup");
  restore->add_option("--from", arguments.from, "File that `backup` or the collector wrote")->required();
  restore->add_option("--data", arguments.data, "Data directory; must be empty or not there")->capture_default_str();
  AddKeyOptions(*restore, arguments, "[backup] key_file, or the one the backup names");
  restore->callback([&] { code = Restore(arguments); });

  CLI::App* privacy = app.add_subcommand("privacy-report", "Print what is kept, why, how long, and who reads it");
  privacy->add_option("--config", arguments.config, "Configuration file that the collector uses");
  privacy->add_option("--data", arguments.data, "Data directory; the report does not depend on it");
  privacy->add_flag("--json", arguments.json, "for programs");
  privacy->callback([&] { code = PrivacyReport(arguments); });
}

int Run(int argc, char** argv) {
  Arguments arguments;
  int code = kDone;
  CLI::App app("Takes in what the agents of a company's machines see, keeps it, and hands issues over.", "steward-collector");
  app.require_subcommand(1);

  CLI::App* serve = app.add_subcommand("serve", "Run the collector");
  serve->add_option("--config", arguments.config, std::string("Configuration file; without it ") + kInstalledConfig + " if there is one");
  serve->add_option("--data", arguments.data, "Data directory; an empty one is initialised")->capture_default_str();
  serve->add_option("--agents-listen", arguments.agents_listen, "ADDRESS:PORT for agents, over [listen] agents; port 0: any free one");
  serve->add_option("--http-listen", arguments.http_listen, "ADDRESS:PORT for HTTP, over [listen] http; port 0: any free one");
  serve->add_option("--clock", arguments.clock, "unix:PATH, for tests")->group("");
  serve->callback([&] { code = Serve(arguments); });

  CLI::App* check_config = app.add_subcommand("check-config", "Read a configuration file and say what is wrong with it");
  check_config->add_option("FILE", arguments.file, "collector.toml")->required();
  check_config->callback([&] { code = CheckConfig(arguments); });

  app.add_subcommand("version", "Print the version")->callback([&] { code = PrintVersion(); });

  AddMaintenance(app, arguments, code);

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? kDone : kWrongUsage;
  }
  return code;
}

}  // namespace
}  // namespace steward::collector

int main(int argc, char** argv) {
  try {
    return steward::collector::Run(argc, argv);
  } catch (const std::exception& error) {
    std::cerr << "steward-collector: " << error.what() << "\n";
    return 1;
  }
}
