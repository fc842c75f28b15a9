// What judging costs on a real machine's series: so many machines as one was recorded, each sampled every 15 s.
//   steward-agent probe --json | bench-rules [MACHINES=200] [CYCLES=240]        JSON on stdout
// Values move a little each time, so that every rule has something to look at. CPU of the core thread's part alone: samples
// that are decoded, stored and acknowledged are ingest_workload.py's.
#include <cstdio>
#include <ctime>
#include <iostream>
#include <iterator>
#include <map>
#include <random>
#include <string>

#include "absl/strings/numbers.h"
#include "base/text.h"
#include "boost/json.hpp"
#include "collector/issues/issue_judge.h"
#include "collector/rules/rule_list.h"
#include "tests/support/observed_machine.h"

namespace steward::bench {
namespace {

using collector::IssueJudge;
using collector::ObservedGroup;
using collector::ObservedMachine;

constexpr absl::Duration kInterval = absl::Seconds(15);
const absl::Time kStart = absl::FromUnixSeconds(1'772'409'600);

double CpuSeconds() {
  timespec time{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

// The recorded machine under another name; a group for each probe.
class RecordedMachine {
 public:
  RecordedMachine(int number, const boost::json::array& samples)
      : machine_(ObservedMachine::Record(StrCat("server-", number), StrCat("id-", number))) {
    std::map<std::string, std::uint32_t, std::less<>> groups;
    for (const boost::json::value& sample : samples) {
      const boost::json::object& one = sample.as_object();
      const auto [group, added] = groups.try_emplace(std::string(one.at("probe").as_string()), groups.size() + 1);
      if (added) {
        machine_.AddGroup(group->second, kInterval);
        groups_.push_back({group->second, {}});
      }
      std::map<std::string, std::string> labels;
      for (const auto& [name, value] : one.at("labels").as_object()) labels.emplace(name, value.as_string());
      const bool counter = one.at("type").as_string() == "counter";
      const std::uint32_t id = machine_.AddSeries(group->second, std::string(one.at("metric").as_string()), std::move(labels),
                                                  counter ? v1::METRIC_TYPE_COUNTER : v1::METRIC_TYPE_GAUGE);
      groups_[group->second - 1].values.push_back({id, one.at("value").to_number<double>()});
      count_ += 1;
    }
  }

  std::size_t count() const { return count_; }
  collector::Observation Next(absl::Time time, std::mt19937_64& random) {
    std::uniform_real_distribution<double> by(1, 1.000'01);
    for (ObservedGroup& group : groups_) {
      for (auto& value : group.values) value.value *= by(random);
    }
    return machine_.At(time, groups_);
  }

 private:
  ObservedMachine machine_;
  std::vector<ObservedGroup> groups_;
  std::size_t count_ = 0;
};

int Run(int machines, int cycles) {
  const std::string text((std::istreambuf_iterator<char>(std::cin)), std::istreambuf_iterator<char>());
  boost::system::error_code error;
  const boost::json::value recorded = boost::json::parse(text, error);
  if (error || !recorded.is_object() || !recorded.as_object().contains("samples")) {
    std::fputs("bench-rules: what stands on standard input is not what 'steward-agent probe --json' prints\n", stderr);
    return 2;
  }
  IssueJudge judge(collector::MakeRules(), [](std::string_view, const collector::MachineRecord&) { return collector::RuleConfig(); }, kStart);
  std::vector<RecordedMachine> office;
  for (int i = 0; i < machines; ++i) office.emplace_back(i, recorded.at("samples").as_array());
  std::mt19937_64 random(1);
  double first = 0, judging = 0, ticking = 0;
  std::size_t events = 0;
  absl::Time now = kStart;
  for (int cycle = 0; cycle < cycles; ++cycle, now += kInterval) {
    for (RecordedMachine& machine : office) {
      const collector::Observation observation = machine.Next(now, random);
      collector::JudgeOutput out;
      const double begun = CpuSeconds();
      judge.OnObservation(observation, out);
      (cycle == 0 ? first : judging) += CpuSeconds() - begun;
      for (const auto& change : out.changes) events += change.event.has_value();
    }
    const double begun = CpuSeconds();
    for (absl::Duration later; later < kInterval; later += absl::Seconds(1)) {
      collector::JudgeOutput out;
      judge.Tick(now + later, out);
    }
    ticking += CpuSeconds() - begun;
  }
  const double observations = static_cast<double>(machines) * (cycles - 1);
  const double samples = observations * static_cast<double>(office.front().count());
  std::puts(boost::json::serialize(boost::json::value{
      {"machines", machines}, {"cycles", cycles}, {"series", office.front().count()}, {"issue_events", events},
      {"first_observation_us", 1e6 * first / machines}, {"observation_us", 1e6 * judging / observations},
      {"ticks_share", ticking / (judging + ticking)},
      {"cpu_seconds_per_million_samples", 1e6 * (judging + ticking) / samples}}).c_str());
  return 0;
}

}  // namespace
}  // namespace steward::bench

int main(int argc, char** argv) {
  int machines = 200, cycles = 240;
  if ((argc > 1 && !absl::SimpleAtoi(argv[1], &machines)) || (argc > 2 && !absl::SimpleAtoi(argv[2], &cycles)) || argc > 3 ||
      machines < 1 || cycles < 2) {
    std::fputs("usage: steward-agent probe --json | bench-rules [MACHINES=200] [CYCLES=240]\n", stderr);
    return 2;
  }
  return steward::bench::Run(machines, cycles);
}
