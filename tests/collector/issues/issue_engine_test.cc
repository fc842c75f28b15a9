// The engine with a storage and delivery around it: what is written, what a crash costs, how fast a message goes out.
#include "collector/issues/issue_engine.h"

#include <algorithm>
#include <map>
#include <set>
#include <thread>

#include "base/manual_clock.h"
#include "boost/asio/executor_work_guard.hpp"
#include "boost/asio/io_context.hpp"
#include "boost/asio/post.hpp"
#include "collector/delivery/delivery_service.h"
#include "collector/delivery/delivery_thread.h"
#include "collector/delivery/webhook.h"
#include "collector/issues/issue_ids.h"
#include "collector/rules/rule_list.h"
#include "collector/storage/memory/memory_storage.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "prometheus/registry.h"
#include "tests/support/http_receiver.h"

namespace steward::collector {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;
using ::testing::UnorderedElementsAre;

constexpr char kMachine[] = "6f1c2f9e-0000-4000-8000-000000000001";
const absl::Time kStart = absl::FromUnixSeconds(1'772'438'400);

MachineRecord AMachine() {
  MachineRecord machine;
  machine.id = kMachine;
  machine.host_name = machine.instance = "srv-file";
  machine.site = "Head office";
  machine.machine_class = "server";
  machine.address = "192.0.2.10";
  return machine;
}

// One file system of 100 GB.
Observation Sample(const MachineRecord& machine, absl::Time time, double used_percent) {
  v1::DescriptorSet set;
  set.set_epoch(7);
  v1::ProbeGroup& group = *set.add_groups();
  group.set_id(1);
  group.set_name("filesystem");
  group.set_interval_ms(15000);
  std::uint32_t id = 0;
  for (const char* metric : {"node_filesystem_avail_bytes", "node_filesystem_size_bytes"}) {
    v1::SeriesDescriptor& series = *set.add_series();
    series.set_id(++id);
    series.set_group(1);
    series.set_metric(metric);
    series.set_type(v1::METRIC_TYPE_GAUGE);
    series.set_kind(v1::VALUE_KIND_INTEGER);
    for (const auto& [name, value] : {std::pair{"device", "/dev/sda1"}, {"fstype", "ext4"}, {"mountpoint", "/"}}) {
      v1::Label& label = *series.add_labels();
      label.set_name(name);
      label.set_value(value);
    }
  }
  auto table = std::make_shared<wire::DescriptorTable>();
  EXPECT_TRUE(table->Add(set).ok());
  Observation observation;
  observation.machine = std::make_shared<const MachineRecord>(machine);
  observation.epoch = 7;
  observation.time = observation.arrival_time = time;
  observation.newest = true;
  observation.descriptors = std::move(table);
  observation.groups = {{1, {{1, (100 - used_percent) * 1e9}, {2, 100e9}}}};
  return observation;
}

class NobodyAnswers final : public Reachability {
 public:
  void Look(const std::string&, absl::Duration, std::function<void(Reach)>) override {}
};

// Refuses writes on demand.
class FragileStorage final : public Storage {
 public:
  void Write(WriteFunction write, WriteDone done, std::size_t bytes) override {
    if (broken) {
      done(absl::ResourceExhaustedError("the disk is full"));
      return;
    }
    inner_->Write(std::move(write), std::move(done), bytes);
  }
  std::size_t QueuedBytes() const override { return 0; }
  absl::Status Read(ReadFunction read) override { return inner_->Read(read); }

  bool broken = false;

 private:
  std::unique_ptr<Storage> inner_ = NewMemoryStorage(MemoryWriter::kInline);
};

class IssueEngineTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(storage_.WriteAndWait([&](StorageTransaction& transaction) { return transaction.PutMachine(machine_); }).ok());
    StartEngine();
  }

  // A new engine on the same storage: as after a kill.
  void StartEngine() {
    engine_ = std::make_unique<IssueEngine>(IssueEngine::Parts{
        storage_, clock_, io_.get_executor(), nobody_, MakeRules(),
        [this](std::string_view rule, const MachineRecord&) { return rule == "disk-space-low" ? disk_ : RuleConfig(); },
        [this](const v1::Issue& issue, Severity reach) {
          if (by_party_) return issue.party() == "owner" ? std::vector<std::string>() : std::vector<std::string>{issue.party()};
          return reach >= route_from_ ? std::vector<std::string>{"partner"} : std::vector<std::string>();
        },
        [this] { ++woken_; }, progress_});
    ASSERT_TRUE(engine_->Start().ok());
    Run();
  }

  void Run() {
    io_.restart();
    while (io_.poll() > 0) {
    }
  }
  // Samples every 15 s for that long.
  void Observe(double used_percent, absl::Duration span) {
    for (const absl::Time end = clock_.WallNow() + span; clock_.WallNow() < end;) {
      engine_->OnObservation(Sample(machine_, clock_.WallNow(), used_percent));
      Run();
      clock_.Advance(absl::Seconds(15));
      Run();
    }
  }
  template <typename Function>
  void Read(Function function) {
    ASSERT_TRUE(storage_.Read([&](StorageReader& reader) { return function(reader), absl::OkStatus(); }).ok());
  }
  std::vector<v1::Issue> Live() {
    std::vector<v1::Issue> live;
    Read([&](StorageReader& reader) {
      const std::vector<IssueRecord> records = reader.ListIssues(true).value();
      for (const IssueRecord& record : records) {
        if (IsLive(record.issue.state())) live.push_back(record.issue);
      }
    });
    return live;
  }
  std::vector<OutboxRecord> Outbox() {
    std::vector<OutboxRecord> rows;
    Read([&](StorageReader& reader) { rows = reader.WaitingDeliveries().value(); });
    return rows;
  }
  std::vector<std::string> Events() {
    std::vector<std::string> events;
    for (const OutboxRecord& row : Outbox()) events.push_back(row.event);
    return events;
  }

  MachineRecord machine_ = AMachine();
  ManualClock clock_{kStart};
  boost::asio::io_context io_;
  FragileStorage storage_;
  NobodyAnswers nobody_;
  Progress progress_;
  RuleConfig disk_;
  bool by_party_ = false;  // the channel has the party's name; the owner has none
  Severity route_from_ = Severity::kLow;
  int woken_ = 0;
  std::unique_ptr<IssueEngine> engine_;
};

TEST_F(IssueEngineTest, AStepOfAClockGoesToThePartiesThatItNames) {
  by_party_ = true;
  Observe(50, absl::Minutes(1));
  Observe(99.5, absl::Hours(30));
  std::map<std::string, std::vector<std::string>> told;  // by the newest step in the message
  for (const OutboxRecord& row : Outbox()) {
    v1::Issue issue;
    ASSERT_TRUE(issue.ParseFromString(row.body));
    if (issue.type() != "disk-space-low" || issue.escalations().empty()) continue;
    EXPECT_EQ(row.event, "updated");
    ASSERT_TRUE(issue.evidence().details().contains("escalated"));
    if (issue.evidence().details().at("escalated") == "nobody has taken it yet") continue;
    told[*issue.escalations().rbegin()].push_back(row.channel);
  }
  EXPECT_THAT(told, UnorderedElementsAre(Pair("respond-50", ElementsAre("partner")), Pair("respond-100", UnorderedElementsAre("partner", "it-manager")),
                                         Pair("resolve-75", ElementsAre("partner")), Pair("resolve-100", ElementsAre("it-manager")),
                                         Pair("resolve-200", ElementsAre("it-manager"))))
      << "an owner without a channel is the IT manager's to tell";
}

// Over kills, so that a restart neither forgets nor repeats it.
TEST_F(IssueEngineTest, WhatIsCriticalIsToldEveryHalfHourUnderKeysOfItsOwnUntilItIsTaken) {
  by_party_ = true;
  Observe(50, absl::Minutes(1));
  Observe(99.5, absl::Minutes(45));  // open after 10, and both steps of its time to respond are over
  const std::size_t by_then = Outbox().size();
  for (int i = 0; i < 9; ++i) {
    StartEngine();
    Observe(99.5, absl::Minutes(10));
  }
  std::vector<OutboxRecord> rows = Outbox();
  std::set<std::string> keys;
  for (const OutboxRecord& row : rows) keys.insert(row.idempotency_key + row.channel);
  EXPECT_EQ(keys.size(), rows.size());
  std::vector<std::string> reminded;
  for (std::size_t i = by_then; i < rows.size(); ++i) reminded.push_back(rows[i].event + " " + rows[i].channel);
  EXPECT_THAT(reminded, ElementsAre("updated partner", "updated partner", "updated partner"));
  v1::ActOnIssueRequest request;
  request.set_id(Live()[0].id());
  request.mutable_acknowledge();
  engine_->Act(request, {"Mari", "Mari", Role::kOwner}, [](const auto& answer) { EXPECT_TRUE(answer.ok()); });
  Run();
  Observe(99.5, absl::Minutes(40));
  EXPECT_EQ(Outbox().size(), rows.size());
}

TEST_F(IssueEngineTest, WritesIssueHistoryAndOutboxTogether) {
  Observe(87, absl::Minutes(31));
  const std::vector<v1::Issue> live = Live();
  ASSERT_EQ(live.size(), 1U);
  const v1::Issue& issue = live[0];
  EXPECT_EQ(issue.type(), "disk-space-low");
  EXPECT_EQ(issue.machine_id(), kMachine);
  EXPECT_EQ(issue.subject(), "/");
  EXPECT_EQ(issue.severity(), "medium");
  EXPECT_EQ(issue.party(), "partner");
  EXPECT_EQ(issue.title(), "Volume nearly full");
  EXPECT_EQ(issue.summary(), "/ on srv-file is 87.0 % full: 13.0 GB of 100 GB left. Growth: 0 B more in the last 30 min.");
  EXPECT_EQ(issue.raised_time().seconds(), absl::ToUnixSeconds(kStart));
  EXPECT_EQ(issue.opened_time().seconds(), absl::ToUnixSeconds(kStart + absl::Minutes(30)));
  EXPECT_EQ(issue.deadline().seconds(), absl::ToUnixSeconds(kStart + absl::Minutes(30) + absl::Hours(4)));
  EXPECT_NEAR(issue.evidence().latest().value(), 87, 0.01);
  EXPECT_NEAR(issue.evidence().threshold(), 85.5, 0.1);
  EXPECT_EQ(issue.evidence().rule_version(), "disk-space-low/1");
  EXPECT_EQ(issue.evidence().details().at("free"), "13.0 GB");

  ASSERT_THAT(Events(), ElementsAre("opened"));
  const OutboxRecord row = Outbox()[0];
  EXPECT_EQ(row.issue_id, issue.id());
  EXPECT_EQ(row.idempotency_key.size(), 32U);
  v1::Issue told;
  ASSERT_TRUE(told.ParseFromString(row.body));
  EXPECT_EQ(told.state(), "open");
  EXPECT_EQ(woken_, 1);
  Read([&](StorageReader& reader) {
    const std::vector<IssueEventRecord> history = reader.ListIssueEvents(issue.id()).value();
    ASSERT_EQ(history.size(), 1U);
    EXPECT_EQ(history[0].actor, "rules");
    EXPECT_EQ(history[0].action, "opened");
    EXPECT_EQ(history[0].to, "open");
  });
}

TEST_F(IssueEngineTest, WhoHeardOfTheWorstHearsOfTheEnd) {
  route_from_ = Severity::kHigh;
  Observe(87, absl::Minutes(31));
  EXPECT_THAT(Events(), ElementsAre());
  Observe(94, absl::Minutes(31));   // high
  EXPECT_THAT(Events(), ElementsAre("updated"));
  Observe(88, absl::Minutes(31));   // medium again; half of the time to respond to what was high had passed
  EXPECT_THAT(Events(), ElementsAre("updated", "updated", "updated"));
  Observe(50, absl::Minutes(31));
  EXPECT_THAT(Events(), ElementsAre("updated", "updated", "updated", "resolved"));
}

TEST_F(IssueEngineTest, AKillBeforeTheCommitRepeatsTheChangeUnderTheSameName) {
  Observe(87, absl::Minutes(29));
  storage_.broken = true;
  Observe(87, absl::Minutes(2));  // opened, in memory only
  engine_.reset();
  storage_.broken = false;
  StartEngine();
  Observe(87, absl::Minutes(3));
  ASSERT_THAT(Events(), ElementsAre("opened"));
  const OutboxRecord after_kill = Outbox()[0];

  // The same happenings on another storage without the kill.
  IssueRecord expected;
  expected.dedupe_key = DedupeKey(kMachine, "disk-space-low", "/");
  expected.issue.mutable_raised_time()->set_seconds(absl::ToUnixSeconds(kStart));
  expected.transition = 1;
  EXPECT_EQ(after_kill.idempotency_key, IdempotencyKey(expected));
  EXPECT_EQ(after_kill.issue_id, IssueId(expected.dedupe_key, kStart));
}

TEST_F(IssueEngineTest, AKillAtAnyMomentNeitherLosesNorDoublesAnIssue) {
  for (int i = 0; i < 60; ++i) {
    Observe(i < 40 ? 87 : 50, absl::Minutes(1) + absl::Seconds(15 * (i % 3)));
    StartEngine();
  }
  EXPECT_THAT(Events(), ElementsAre("opened"));
  Observe(50, absl::Minutes(31));
  EXPECT_THAT(Events(), ElementsAre("opened", "resolved"));
}

TEST_F(IssueEngineTest, AFullDiskDelaysButLosesNothing) {
  Observe(87, absl::Minutes(10));
  storage_.broken = true;
  Observe(87, absl::Minutes(25));
  EXPECT_TRUE(Outbox().empty());
  const std::uint64_t before = progress_.count();
  Observe(87, absl::Minutes(1));
  EXPECT_EQ(progress_.count(), before) << "the heartbeat must know";
  storage_.broken = false;
  Observe(87, absl::Minutes(1));
  EXPECT_THAT(Events(), ElementsAre("opened"));
  EXPECT_EQ(Live()[0].opened_time().seconds(), absl::ToUnixSeconds(kStart + absl::Minutes(30)));
  EXPECT_GT(progress_.count(), before);
}

TEST_F(IssueEngineTest, ARetiredMachinesIssuesAreClosedAndTheReceiverIsTold) {
  Observe(87, absl::Minutes(31));
  machine_.state = MachineState::kRetired;
  engine_->OnMachineChanged(machine_);
  Run();
  EXPECT_TRUE(Live().empty());
  EXPECT_THAT(Events(), ElementsAre("opened", "resolved"));
}

TEST_F(IssueEngineTest, ARuleThatIsSwitchedOffClosesItsIssues) {
  Observe(87, absl::Minutes(31));
  disk_.enabled = false;
  StartEngine();
  EXPECT_TRUE(Live().empty());
  Observe(99, absl::Hours(1));
  EXPECT_TRUE(Live().empty());
}

TEST_F(IssueEngineTest, ACleanStopKeepsTheProgress) {
  Observe(87, absl::Minutes(29) + absl::Seconds(30));
  engine_->Stop();
  StartEngine();
  Observe(87, absl::Seconds(45));
  EXPECT_EQ(Live().size(), 1U);
}

TEST_F(IssueEngineTest, WhatAPersonDoesIsAnsweredOnceDurableAndIsInTheTrail) {
  Observe(87, absl::Minutes(31));
  v1::ActOnIssueRequest request;
  request.set_id(Live()[0].id());
  request.mutable_acknowledge();
  std::vector<absl::StatusOr<v1::Issue>> answers;
  const auto act = [&] {
    engine_->Act(request, {"Mari (local user 0)", "Mari", Role::kOwner}, [&](auto answer) { answers.push_back(std::move(answer)); });
    Run();
  };
  act();
  ASSERT_EQ(answers.size(), 1U);
  ASSERT_TRUE(answers[0].ok()) << answers[0].status();
  EXPECT_EQ(Live()[0].state(), "acknowledged");
  EXPECT_EQ(Live()[0].assignee(), "Mari");
  act();
  EXPECT_TRUE(absl::IsFailedPrecondition(answers.at(1).status())) << answers[1].status();
  Read([&](StorageReader& reader) {
    const std::vector<AuditRecord> trail = reader.ListAudit(0, 10).value();
    ASSERT_EQ(trail.size(), 2U) << "what was refused changed nothing";
    EXPECT_EQ(trail[0].actor, "rule disk-space-low v1");
    EXPECT_EQ(trail[0].action, "opened");
    EXPECT_EQ(trail[0].basis, "disk-space-low/1");
    EXPECT_EQ(trail[1].actor, "Mari (local user 0)");
    EXPECT_EQ(trail[1].object, "issue " + request.id());
    EXPECT_EQ(trail[1].from, "open");
    EXPECT_EQ(trail[1].to, "acknowledged");
  });
}

TEST_F(IssueEngineTest, AnAnswerWaitsForTheDiskAndNothingNewIsTakenMeanwhile) {
  Observe(87, absl::Minutes(31));
  v1::ActOnIssueRequest request;
  request.set_id(Live()[0].id());
  request.set_reason("looking");
  request.mutable_comment();
  std::vector<absl::Status> answers;
  const auto act = [&] {
    engine_->Act(request, {"Mari", "Mari", Role::kOwner}, [&](const auto& answer) { answers.push_back(answer.status()); });
    Run();
  };
  storage_.broken = true;
  act();
  EXPECT_TRUE(answers.empty());
  act();
  ASSERT_EQ(answers.size(), 1U);
  EXPECT_TRUE(absl::IsUnavailable(answers[0]));
  storage_.broken = false;
  clock_.Advance(absl::Seconds(2));
  Run();
  ASSERT_EQ(answers.size(), 2U);
  EXPECT_TRUE(answers[1].ok());
  engine_->Stop();
  act();
  EXPECT_TRUE(absl::IsUnavailable(answers.at(2)));
}

// The way of an alert with real threads and a real POST: what a partner waits for once the sample has arrived.
TEST(AlertLatencyTest, FromSampleToPostTakesLessThanAFifthOfASecond) {
  testing::HttpReceiver receiver;
  const auto clock = NewSystemClock();
  boost::asio::io_context core;
  DeliveryThread thread;
  const auto storage = NewMemoryStorage();  // ends first: its writer posts to both
  std::vector<std::unique_ptr<Channel>> channels;
  channels.push_back(*MakeWebhook({"partner", "webhook", receiver.url(), "", ""}, thread.http()));
  prometheus::Registry registry;
  Progress outbox, rules;
  auto deliveries = std::make_unique<DeliveryService>(DeliveryService::Parts{
      *storage, *clock, thread.executor(), std::move(channels), [] { return 0.5; }, registry, outbox});
  NobodyAnswers nobody;
  IssueEngine engine({*storage, *clock, core.get_executor(), nobody, MakeRules(),
                      [](std::string_view rule, const MachineRecord&) {
                        RuleConfig config;
                        if (rule == "disk-space-low") config.raise = config.clear = absl::ZeroDuration();
                        return config;
                      },
                      [](const v1::Issue&, Severity) { return std::vector<std::string>{"partner"}; },
                      [&] { deliveries->Wake(); }, rules});
  ASSERT_TRUE(engine.Start().ok());
  auto work = boost::asio::make_work_guard(core);
  std::thread core_thread([&] { core.run(); });
  std::vector<absl::Duration> took;
  for (std::size_t i = 0; i < 20; ++i) {
    const absl::Time begin = absl::Now();
    MachineRecord machine = AMachine();  // another one each time: what comes and goes on one is told only once
    machine.id += std::to_string(i / 2);
    boost::asio::post(core, [&, i, machine] { engine.OnObservation(Sample(machine, absl::Now(), i % 2 == 0 ? 90 : 50)); });
    ASSERT_EQ(receiver.WaitFor(i + 1).size(), i + 1);
    took.push_back(absl::Now() - begin);
  }
  core.stop();
  core_thread.join();
  thread.Stop();
  deliveries.reset();
  std::sort(took.begin(), took.end());
  EXPECT_LT(took[took.size() / 2], absl::Milliseconds(200));  // the median: the machine of a test is shared
}

}  // namespace
}  // namespace steward::collector
