// The rules and issues over a month of 200 machines with planted faults: found, missed, false, time to find, messages a day,
// whose move it was, and what the judging cost. Prints JSON. --openmetrics DIR also writes the samples, two hours a file, for
// month_peers.py.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_format.h"
#include "base/text.h"
#include "boost/json.hpp"
#include "collector/issues/issue_judge.h"
#include "collector/rules/rule_list.h"
#include "tests/bench/month/office.h"
#include "tests/bench/month/open_metrics.h"

namespace steward::bench {
namespace {

using collector::IssueChange;
using collector::IssueJudge;
using collector::JudgeOutput;
using collector::Reach;

constexpr int kMachines = 200;
constexpr absl::Duration kTick = absl::Seconds(30);

double CpuSeconds() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

struct Found {
  Fault fault;
  std::optional<absl::Time> time;
  bool right_party = false;
  int again = 0;  // opened once more
};

class Month {
 public:
  Month(std::uint64_t seed, OpenMetricsWriter* writer)
      : writer_(writer),
        judge_(collector::MakeRules(), [](std::string_view, const collector::MachineRecord&) { return collector::RuleConfig(); }, kMonthStart) {
    std::map<int, std::vector<Fault>> by_machine;
    for (const Fault& fault : PlantFaults(seed, kMachines)) {
      by_machine[fault.machine].push_back(fault);
      found_.push_back({fault, {}, false, 0});
    }
    for (int i = 0; i < kMachines; ++i) machines_.push_back(std::make_unique<OfficeMachine>(i, seed, by_machine[i]));
    connected_.resize(kMachines, false);
  }

  void Run() {
    for (now_ = kMonthStart; now_ < kMonthStart + kMonth; now_ += kOfficeInterval) {
      for (int i = 0; i < kMachines; ++i) Step(i);
      TakeIssues();
      for (absl::Duration later; later < kOfficeInterval; later += kTick) {
        const double begun = CpuSeconds();
        Take([&](JudgeOutput& out) { judge_.Tick(now_ + later, out); });
        judging_ += CpuSeconds() - begun;
      }
      if (writer_ != nullptr) writer_->EndOfStep(now_);
    }
  }

  boost::json::object Report() const;

 private:
  void Step(int i) {
    OfficeMachine& machine = *machines_[static_cast<std::size_t>(i)];
    const bool was_on = machine.power() == OfficeMachine::Power::kOn;
    machine.Advance(now_);
    const bool on = machine.power() == OfficeMachine::Power::kOn;
    const bool talks = on && machine.agent_runs();
    const bool says_good_bye = was_on && !on && machine.farewell() != v1::MachineEvent::KIND_UNSPECIFIED;
    if (talks && !connected_[static_cast<std::size_t>(i)]) {
      Take([&](JudgeOutput& out) { judge_.OnConnected(machine.record(), machine.record().address, now_, out); });
      connected_[static_cast<std::size_t>(i)] = true;
    }
    if (talks || says_good_bye) {
      const collector::Observation observation = machine.Sample(now_);
      for (const auto& group : observation.groups) samples_ += group.values.size();
      if (writer_ != nullptr && talks) writer_->Write(machine, observation);
      const double begun = CpuSeconds();
      Take([&](JudgeOutput& out) { judge_.OnObservation(observation, out); });
      judging_ += CpuSeconds() - begun;
    }
    if (!talks && connected_[static_cast<std::size_t>(i)]) {
      connected_[static_cast<std::size_t>(i)] = false;
      Take([&](JudgeOutput& out) { judge_.OnDisconnected(machine.record(), now_, out); });
    }
    if (writer_ != nullptr) writer_->WriteUp(machine, talks, now_);
  }

  // People do their work: whose move it is takes an issue at once, and what was planted stays as long as it was meant to.
  void TakeIssues() {
    for (const std::string& id : std::exchange(opened_, {})) {
      v1::ActOnIssueRequest request;
      request.set_id(id);
      request.mutable_acknowledge();
      Take([&](JudgeOutput& out) {
        if (const auto taken = judge_.Act(request, {"month", "month", collector::Role::kOwner}, now_, out); !taken.ok()) {
          std::fprintf(stderr, "bench-month: %s: %s\n", id.c_str(), taken.status().ToString().c_str());
        }
      });
    }
  }

  void Take(const std::function<void(JudgeOutput&)>& function) {
    JudgeOutput out;
    function(out);
    for (const IssueChange& change : out.changes) Score(change);
    // Who looks gets an answer from a machine that is there, and none from another.
    for (const JudgeOutput::Look& look : out.looks) {
      const auto machine = std::find_if(machines_.begin(), machines_.end(), [&](const auto& one) { return one->record().id == look.machine_id; });
      const Reach reach = (*machine)->power() == OfficeMachine::Power::kOn ? Reach::kAnswered : Reach::kSilent;
      Take([&](JudgeOutput& answer) { judge_.OnLook(look.machine_id, reach, now_, answer); });
    }
  }

  void Score(const IssueChange& change) {
    if (!change.notify.empty()) ++messages_;
    if (change.event && change.event->action == "escalated") ++escalated_;
    if (!change.event || (change.event->action != "opened" && change.event->action != "reopened")) return;
    const v1::Issue& issue = change.record.issue;
    if (change.notify == "opened") ++opened_messages_;
    opened_.push_back(issue.id());
    for (Found& one : found_) {
      const std::string& machine = machines_[static_cast<std::size_t>(one.fault.machine)]->record().id;
      if (machine != issue.machine_id() || one.fault.type != issue.type() || now_ < one.fault.begin) continue;
      if (one.time) {
        ++one.again;
      } else {
        one.time = now_;
        one.right_party = one.fault.party == issue.party();
      }
      return;
    }
    false_.push_back(StrCat(absl::FormatTime("%m-%d %H:%M", now_, absl::UTCTimeZone()), " ", issue.host_name(), " ", issue.type(), " ",
                            issue.subject(), " ", issue.severity(), ": ", issue.summary()));
  }

  OpenMetricsWriter* writer_;
  IssueJudge judge_;
  std::vector<std::unique_ptr<OfficeMachine>> machines_;
  std::vector<bool> connected_;
  std::vector<Found> found_;
  std::vector<std::string> false_;
  absl::Time now_;
  std::size_t samples_ = 0;
  double judging_ = 0;
  std::vector<std::string> opened_;  // nobody has taken them yet
  int messages_ = 0, opened_messages_ = 0, escalated_ = 0;
};

boost::json::object Month::Report() const {
  boost::json::array faults, missed;
  int found = 0, again = 0, right_party = 0;
  for (const Found& one : found_) {
    const std::string& host = machines_[static_cast<std::size_t>(one.fault.machine)]->record().host_name;
    boost::json::object entry;
    entry["type"] = one.fault.type;
    entry["machine"] = host;
    entry["begin"] = absl::ToUnixSeconds(one.fault.begin);
    entry["end"] = nullptr;
    if (one.fault.end != absl::InfiniteFuture()) entry["end"] = absl::ToUnixSeconds(one.fault.end);
    entry["opened_again"] = one.again;
    if (one.time && !one.right_party) entry["wrong_party"] = true;
    if (one.time) entry["hours_to_find"] = absl::ToDoubleHours(*one.time - one.fault.begin);
    faults.push_back(entry);
    if (!one.time) missed.emplace_back(StrCat(one.fault.type, " on ", host));
    found += one.time ? 1 : 0;
    right_party += one.right_party ? 1 : 0;
    again += one.again;
  }
  const double days = absl::ToDoubleHours(kMonth) / 24;
  boost::json::object report;
  report["machines"] = kMachines;
  report["days"] = days;
  report["samples"] = samples_;
  report["planted"] = found_.size();
  report["found"] = found;
  report["right_party"] = right_party;
  report["opened_again"] = again;
  boost::json::array unwanted;
  for (const std::string& one : false_) unwanted.emplace_back(one);
  report["false"] = std::move(unwanted);
  report["missed"] = std::move(missed);
  report["messages_a_day"] = messages_ / days;
  report["opened_a_day"] = opened_messages_ / days;
  report["escalated_a_day"] = escalated_ / days;
  report["judging_cpu_seconds_per_million_samples"] = judging_ / static_cast<double>(samples_) * 1e6;
  report["faults"] = std::move(faults);
  return report;
}

}  // namespace
}  // namespace steward::bench

int main(int argc, char** argv) {
  std::uint64_t seed = 1;
  std::string folder;
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string_view option = argv[i];
    if (option == "--openmetrics") folder = argv[i + 1];
    else if (option != "--seed" || !absl::SimpleAtoi(argv[i + 1], &seed)) {
      std::fprintf(stderr, "bench-month [--seed N] [--openmetrics DIR]\n");
      return 2;
    }
  }
  std::unique_ptr<steward::bench::OpenMetricsWriter> writer;
  if (!folder.empty()) writer = std::make_unique<steward::bench::OpenMetricsWriter>(folder);
  steward::bench::Month month(seed, writer.get());
  month.Run();
  boost::json::object report = month.Report();
  report["seed"] = seed;
  std::printf("%s\n", boost::json::serialize(report).c_str());
  return 0;
}
