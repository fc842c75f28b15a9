// Many agents and one collector in one process, on simulated time, while things go wrong. The same seed gives the same
// run.
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <iostream>
#include <string>

#include "CLI/CLI.hpp"
#include "absl/strings/str_cat.h"
#include "base/text.h"
#include "boost/json/array.hpp"
#include "boost/json/object.hpp"
#include "boost/json/serialize.hpp"
#include "collector/identity/random.h"
#include "spdlog/sinks/stdout_sinks.h"
#include "spdlog/spdlog.h"
#include "tests/fleet/simulation/simulation.h"
#include "tests/support/temp_dir.h"

namespace steward::simulation {
namespace {

constexpr int kBroken = 1;
constexpr int kWrongUsage = 2;

struct Options {
  std::uint64_t seed = 1;
  std::uint64_t runs = 1;
  double hours = 10;
  int machines = 4;
  std::string faults = "all";
  bool verbose = false;
};

struct Sum {
  std::uint64_t batches = 0, stored = 0, lost = 0, doubled = 0, misplaced = 0, disordered = 0, unknown = 0,
                mismatched = 0, misaccounted = 0, estimated = 0;
  std::uint64_t waiting = 0;
  std::size_t queued_bytes_max = 0;
  std::map<std::string, std::uint64_t> faults, missing_for;
  boost::json::array failed;
};

void AddTo(Sum& sum, const SimulationResult& result) {
  const Verdict& verdict = result.verdict;
  sum.batches += verdict.batches;
  sum.stored += verdict.stored;
  sum.lost += verdict.lost;
  sum.doubled += verdict.doubled;
  sum.misplaced += verdict.misplaced;
  sum.disordered += verdict.disordered;
  sum.unknown += verdict.unknown;
  sum.mismatched += verdict.mismatched;
  sum.misaccounted += verdict.misaccounted;
  sum.estimated += verdict.estimated;
  sum.waiting += result.waiting;
  sum.queued_bytes_max = std::max(sum.queued_bytes_max, result.queued_bytes_max);
  for (const auto& [name, count] : result.struck) sum.faults[name] += count;
  for (const auto& [name, count] : verdict.missing_for) sum.missing_for[name] += count;
}

boost::json::object ToJson(const std::map<std::string, std::uint64_t>& counts) {
  boost::json::object object;
  for (const auto& [name, count] : counts) object[name] = count;
  return object;
}

std::string RepeatCommand(const Options& options, std::uint64_t seed) {
  return StrCat("steward-simulation --seed ", seed, " --hours ", options.hours, " --machines ", options.machines,
                " --faults ", options.faults);
}

void Complain(const Options& options, std::uint64_t seed, const SimulationResult& result, Sum& sum) {
  std::cerr << "seed " << seed << " broke a promise";
  if (result.waiting > 0) std::cerr << "; " << result.waiting << " batches still wait";
  std::cerr << "\n";
  for (const std::string& words : result.verdict.broken) std::cerr << "  " << words << "\n";
  std::cerr << "  to repeat: " << RepeatCommand(options, seed) << "\n";
  sum.failed.emplace_back(seed);
}

int Run(const Options& options) {
  auto faults = ParseFaults(options.faults);
  if (!faults.ok()) {
    std::cerr << "steward-simulation: " << ToStd(faults.status().message()) << "\n";
    return kWrongUsage;
  }
  const auto begun = std::chrono::steady_clock::now();
  const TempDir keys;
  auto authority = collector::CertificateAuthority::OpenOrCreate(keys.path(), collector::SystemRandom());
  if (!authority.ok()) {
    std::cerr << authority.status() << "\n";
    return kBroken;
  }
  Sum sum;
  for (std::uint64_t seed = options.seed; seed < options.seed + options.runs; ++seed) {
    const TempDir directory;
    Simulation simulation({seed, absl::Hours(options.hours), options.machines, *faults}, *authority, directory.path());
    const auto result = simulation.Run();
    if (!result.ok()) {
      std::cerr << "seed " << seed << ": " << result.status() << "\n  to repeat: " << RepeatCommand(options, seed)
                << "\n";
      return kBroken;
    }
    AddTo(sum, *result);
    if (!result->clean()) Complain(options, seed, *result, sum);
  }
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begun;
  std::cout << boost::json::serialize(
                   boost::json::object{{"seed", options.seed},
                                       {"runs", options.runs},
                                       {"simulatedHours", options.hours * static_cast<double>(options.runs)},
                                       {"machines", options.machines},
                                       {"batches", sum.batches},
                                       {"stored", sum.stored},
                                       {"lost", sum.lost},
                                       {"doubled", sum.doubled},
                                       {"misplaced", sum.misplaced},
                                       {"disordered", sum.disordered},
                                       {"unknown", sum.unknown},
                                       {"mismatched", sum.mismatched},
                                       {"misaccounted", sum.misaccounted},
                                       {"estimated", sum.estimated},
                                       {"undelivered", sum.waiting},
                                       {"missingFor", ToJson(sum.missing_for)},
                                       {"faults", ToJson(sum.faults)},
                                       {"queuedBytesMax", sum.queued_bytes_max},
                                       {"failedSeeds", sum.failed},
                                       {"seconds", took.count()}})
            << std::endl;
  return sum.failed.empty() ? 0 : kBroken;
}

int Main(int argc, char** argv) {
  Options options;
  CLI::App app(
      "Simulates agents and a collector while things go wrong, and proves that nothing is lost, doubled or misplaced.");
  app.add_option("--seed", options.seed, "The same seed gives the same run")->capture_default_str();
  app.add_option("--runs", options.runs, "So many runs, with seeds that follow each other")->capture_default_str();
  app.add_option("--hours", options.hours, "How long things go wrong, in each run")
      ->capture_default_str()
      ->check(CLI::PositiveNumber);
  app.add_option("--machines", options.machines, "How many")->capture_default_str()->check(CLI::Range(1, 1000));
  app.add_option("--faults", options.faults, "all, none, or names with commas between them")->capture_default_str();
  app.add_flag("--verbose", options.verbose, "With the programs' own log");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : kWrongUsage;
  }
  spdlog::set_default_logger(spdlog::stderr_logger_st("simulation"));
  spdlog::set_level(options.verbose ? spdlog::level::debug : spdlog::level::off);
  return Run(options);
}

}  // namespace
}  // namespace steward::simulation

int main(int argc, char** argv) { return steward::simulation::Main(argc, argv); }
