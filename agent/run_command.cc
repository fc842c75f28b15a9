#include <malloc.h>
#include <sys/stat.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <functional>
#include <memory>
#include <random>

#include "absl/strings/ascii.h"
#include "agent/agent.h"
#include "agent/command_support.h"
#include "agent/commands.h"
#include "agent/fingerprint.h"
#include "agent/inventory/notes.h"
#include "agent/log_setup.h"
#include "agent/platform/linux/run_program.h"
#include "agent/platform/network_watch.h"
#include "agent/platform/platform.h"
#include "agent/probes/endpoint_list.h"
#include "agent/probes/package_updates.h"
#include "agent/report/problem_file.h"
#include "agent/report/report_directory.h"
#include "agent/report/reported_group.h"
#include "agent/shutdown_reason.h"
#include "agent/uplink/grpc_loop.h"
#include "agent/uplink/grpc_stream.h"
#include "base/clock_socket.h"
#include "base/service_manager.h"
#include "base/text.h"
#include "base/version.h"
#include "boost/asio/io_context.hpp"
#include "boost/asio/signal_set.hpp"
#include "spdlog/spdlog.h"

namespace steward::agent {
namespace {

namespace fs = std::filesystem;

constexpr char kAnswersFile[] = "answers.toml";

std::string ReadBootId(Platform& platform) {
  std::string text;
  platform.ReadFile("/proc/sys/kernel/random/boot_id", text).IgnoreError();
  absl::StripAsciiWhitespace(&text);
  return text;
}

// When one of these was written, packages, waiting updates, users, services, jobs or the name may have changed.
std::string InventoryMark(const fs::path& state) {
  std::string mark;
  for (const fs::path& path : {fs::path("/var/lib/dpkg/status"), fs::path("/var/lib/rpm"), fs::path("/usr/lib/sysimage/rpm"),
                               fs::path("/etc/passwd"), fs::path("/etc/group"), fs::path("/etc/hostname"),
                               fs::path("/etc/os-release"), fs::path("/etc/fstab"), fs::path("/etc/systemd/system"), fs::path("/etc/cron.d"),
                               fs::path("/var/lib/apt/lists"), fs::path("/var/cache/dnf"), fs::path("/var/cache/libdnf5"), state / kAnswersFile,
                               state / kReportsDirectory / kProblemFile}) {
    std::error_code error;
    const auto time = fs::last_write_time(path, error);
    StrAppend(&mark, error ? std::int64_t{0} : static_cast<std::int64_t>(time.time_since_epoch().count()), ";");
  }
  return mark;
}

// What was answered at enrolment, as a group of the inventory.
InventoryGroup EnteredGroup(const fs::path& file) {
  InventoryGroup group;
  group.group = "entered";
  const auto answers = LoadAnswers(file);
  if (!answers.ok()) {
    if (!absl::IsNotFound(answers.status())) group.note = std::string(answers.status().message());
    return group;
  }
  for (const Answer& answer : *answers) group.facts.push_back({answer.key, answer.value});
  return group;
}

}  // namespace

int RunRunCommand(const RunOptions& options) {
  const auto config = ConfigFor(options.config);
  if (!config.ok()) return Fail(kWrongUsage, config.status());
  SetUpLog(config->log_json, config->log_level);
  umask(0077);
  std::signal(SIGPIPE, SIG_IGN);
  mallopt(M_ARENA_MAX, 1);

  boost::asio::io_context io(1);
  std::unique_ptr<ClockSocket> clock_socket;
  const auto clock = MakeClock(options.clock, io, clock_socket);
  if (!clock.ok()) return Fail(kWrongUsage, clock.status());

  const fs::path state = options.state;
  if (absl::Status status = WorkAsOwnerOf(state); !status.ok()) return Fail(kFailed, status);
  const auto identity = IdentityStore(state).Load();
  if (!identity.ok()) return Fail(kFailed, identity.status());
  const auto lock = StateLock::Take(state);
  if (!lock.ok()) return Fail(kFailed, lock.status());

  // Kept to the end of the process: a slow probe that is stuck in a dead device still uses it.
  static Platform* const platform = NewHostPlatform().release();
  const std::unique_ptr<SpoolDisk> disk = NewPosixSpoolDisk();
  const auto updates = std::make_shared<PackageUpdates>(*platform);
  auto sources = MakeInventorySources(*platform, updates);
  std::random_device device;

  const MachineIdentity seen = ReadMachineIdentity(*platform);
  ProbeSettings probe_settings = config->probes;
  probe_settings.reports_directory = state / kReportsDirectory;
  const auto notes = probe_settings.notes = std::make_shared<NoteBoard>();
  // On a workstation that would be what its person does.
  probe_settings.names_programs = (identity->machine_class.empty() ? seen.machine_class : identity->machine_class) == "server";
  probe_settings.updates = updates;
  const auto endpoints = probe_settings.endpoints = std::make_shared<EndpointList>();
  Agent::Settings settings{state, *config, *identity, IdentityMessage(seen, SteadyFingerprint(state, seen.hardware)),
                           std::string(Version()), ReadBootId(*platform)};
  if (!identity->machine_class.empty()) settings.machine.set_class_(identity->machine_class);
  spdlog::info("steward-agent {}: machine {} ({})", std::string(Version()), identity->machine_id, settings.machine.host_name());

  // The first inventory takes over what slow sources told before; a quarter of an hour later they are asked.
  const auto at_start = std::make_shared<std::atomic<bool>>(true);
  const std::function<InventoryGroup(std::string_view)> kept_group = [state](std::string_view group) {
    return KeptGroup(state / "inventory.pb", group);
  };

  // By then every probe that has something to say in words has said it.
  const auto quiet_until = std::chrono::steady_clock::now() + std::chrono::minutes(15);

  GrpcLoop loop;
  GrpcConnector connector(loop, io.get_executor());
  Agent::Parts parts{io, **clock, *disk, connector,
                     [&device] { return (std::uint64_t{device()} << 32) | device(); },
                     MakeProbes(*platform, probe_settings),
                     [&sources, state, notes, at_start, kept_group, quiet_until] {
                       const bool is_first = at_start->exchange(false);
                       std::vector<InventoryGroup> groups = CollectInventory(sources, is_first ? kept_group : decltype(kept_group)());
                       groups.push_back(EnteredGroup(state / kAnswersFile));
                       groups.push_back(ReportedGroup(state));
                       AddNotes(*notes, std::chrono::steady_clock::now() < quiet_until ? kept_group : decltype(kept_group)(), groups);
                       return groups;
                     },
                     [state, notes, at_start] {
                       return StrCat(InventoryMark(state), notes->mark(), *at_start ? "" : " complete");
                     },
                     [&io](std::function<void()> changed) { return WatchNetwork(io.get_executor(), std::move(changed)); }};
  parts.endpoints = endpoints;
  parts.note_mark = [notes] { return notes->mark(); };
  if (options.clock.empty()) parts.awake_clock = AwakeNow;  // a test's clock does not know of it
  auto agent = Agent::Open(std::move(settings), std::move(parts));
  if (!agent.ok()) return Fail(kFailed, agent.status());

  ServiceManager service_manager(io);
  boost::asio::signal_set signals(io, SIGTERM, SIGINT);
  signals.async_wait([&](const boost::system::error_code& error, int) {
    if (error) return;
    const v1::MachineEvent::Kind why = ShutdownReason(*platform);
    spdlog::info("stopping ({})", v1::MachineEvent::Kind_Name(why));
    service_manager.Stopping();
    EndPrograms();
    (*agent)->Stop(why, [&io] { io.stop(); });
  });
  (*agent)->Start();
  service_manager.Ready();
  try {
    io.run();
  } catch (const std::exception& error) {
    spdlog::critical("ended by an error that nobody expected: {}", error.what());
    return kFailed;
  }
  agent->reset();
  spdlog::info("stopped");
  return kDone;
}

}  // namespace steward::agent
