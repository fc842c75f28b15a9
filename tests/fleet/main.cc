// steward-fleet: many simulated machines in one process, with the agent's own identity, spool and uplink.
#include <sys/resource.h>

#include <csignal>
#include <fstream>
#include <iostream>

#include "CLI/CLI.hpp"
#include "agent/uplink/grpc_loop.h"
#include "agent/uplink/grpc_stream.h"
#include "base/clock_socket.h"
#include "base/text.h"
#include "boost/asio/signal_set.hpp"
#include "spdlog/sinks/stdout_sinks.h"
#include "spdlog/spdlog.h"
#include "tests/fleet/fleet_run.h"

namespace steward::fleet {
namespace {

constexpr int kFailed = 1;
constexpr int kWrongUsage = 2;

int Fail(const absl::Status& status, int code) {
  std::cerr << "steward-fleet: " << ToStd(status.message()) << "\n";
  return code;
}

CLI::Validator IsDuration() {
  return CLI::Validator(
      [](const std::string& text) {
        absl::Duration duration;
        const bool good = absl::ParseDuration(text, &duration) && duration > absl::ZeroDuration();
        return good ? std::string() : text + " is no duration: write 15s, 500ms or 10m";
      },
      "DURATION");
}

absl::Duration ToDuration(const std::string& text) {
  absl::Duration duration;
  absl::ParseDuration(text, &duration);
  return duration;
}

std::string HostBootId() {
  std::string id;
  std::getline(std::ifstream("/proc/sys/kernel/random/boot_id"), id);
  return id;
}

// Each machine keeps a connection and a file open; the usual soft limit is for one program's worth of them.
void RaiseFileLimit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

int Run(FleetOptions options, const std::string& clock_option) {
  boost::asio::io_context io(1);
  std::unique_ptr<ClockSocket> clock_socket;
  auto clock = MakeClock(clock_option, io, clock_socket);
  if (!clock.ok()) return Fail(clock.status(), kWrongUsage);
  agent::GrpcLoop loop;
  agent::GrpcConnector connector(loop, io.get_executor());
  FleetRun run(std::move(options), io, **clock, connector);
  boost::asio::signal_set signals(io, SIGINT, SIGTERM);
  signals.async_wait([&run](const boost::system::error_code& error, int) {
    if (!error) run.Stop();
  });
  if (absl::Status status = run.Start(); !status.ok()) return Fail(status, kFailed);
  io.run();
  const absl::Status closed = run.Close();
  std::cout << run.SummaryJson() << std::endl;
  return closed.ok() ? 0 : Fail(closed, kFailed);
}

int Main(int argc, char** argv) {
  spdlog::set_default_logger(spdlog::stderr_logger_mt("fleet"));
  std::signal(SIGPIPE, SIG_IGN);
  RaiseFileLimit();

  FleetOptions options;
  std::string interval = "15s", duration = "10m", drain = "1m", clock;
  std::vector<std::string> outages;
  CLI::App app("Simulates machines with the agent's own spool and uplink. Prints a JSON summary at the end.");
  app.add_option("--token", options.token, "Enrolment token with as many uses as machines; needed for new ones only");
  app.add_option("--state", options.state, "Where identities and spools are kept; used again by the next run")->required();
  app.add_option("--machines", options.machines, "How many")->required()->check(CLI::Range(1, 100'000));
  app.add_option("--series", options.series, "Series a machine")->capture_default_str()->check(CLI::Range(1, 20'000));
  app.add_option("--interval", interval, "Time between two samples")->capture_default_str()->check(IsDuration());
  app.add_option("--duration", duration, "How long to sample")->capture_default_str()->check(IsDuration());
  app.add_option("--drain", drain, "How long to wait at the end for acknowledgements")->capture_default_str()->check(IsDuration());
  app.add_option("--seed", options.seed, "Of the values")->capture_default_str();
  app.add_option("--ledger", options.ledger, "Appended to: JSON lines {machine,time,metric,labels,value}")->required();
  app.add_option("--outage", outages, "Cuts the uplink: at=30s,for=20s or at=30s,for=20s,every=2m; may be repeated");
  app.add_option("--clock", clock, "unix:PATH, for tests only: time comes from this socket");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : kWrongUsage;
  }
  options.interval = ToDuration(interval);
  options.duration = ToDuration(duration);
  options.drain = ToDuration(drain);
  options.boot_id = HostBootId();
  for (const std::string& text : outages) {
    auto outage = ParseOutage(text);
    if (!outage.ok()) return Fail(outage.status(), kWrongUsage);
    options.outages.push_back(*outage);
  }
  return Run(std::move(options), clock);
}

}  // namespace
}  // namespace steward::fleet

int main(int argc, char** argv) { return steward::fleet::Main(argc, argv); }
