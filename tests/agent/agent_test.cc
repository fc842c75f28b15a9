#include "agent/agent.h"


#include <atomic>
#include <memory>
#include <set>
#include <thread>

#include "agent/status_json.h"
#include "agent/uplink/grpc_loop.h"
#include "agent/uplink/grpc_stream.h"
#include "boost/json.hpp"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/fake_collector.h"
#include "tests/support/fault_disk.h"
#include "tests/support/temp_dir.h"

namespace steward::agent {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

constexpr Metric kValue{"test_value", "Value."};

class CountingProbe final : public Probe {
 public:
  explicit CountingProbe(std::int64_t& value) : value_(value) {}
  std::string_view name() const override { return "counting"; }
  absl::Status Collect(SampleSink& sink) override {
    sink.Add(kValue, {}, ++value_);
    return absl::OkStatus();
  }

 private:
  std::int64_t& value_;
};

class AgentTest : public testing::Test {
 protected:
  AgentTest() {
    FakeCollectorScript script;
    script.interval_s = 1;
    collector_.SetScript(script);
    collector_.Start();
    identity_ = collector_.NewIdentity("machine-1");
  }
  ~AgentTest() override { agent_.reset(); }

  void StartAgent(const std::string& boot_id = "boot-a") {
    agent_.reset();
    Agent::Settings settings;
    settings.state_directory = directory_.path();
    settings.identity = identity_;
    settings.machine.set_host_name("host-1");
    settings.version = "test";
    settings.boot_id = boot_id;
    std::vector<std::unique_ptr<Probe>> probes;
    probes.push_back(std::make_unique<CountingProbe>(value_));
    Agent::Parts parts{io_, *clock_, disk_, connector_, [this] { return next_random_++; }, std::move(probes),
                       [this] { return groups_; }, [this] { return inventory_mark_; }, {},
                       [this] { return clock_->BootNow() - slept_; }};
    auto agent = Agent::Open(std::move(settings), std::move(parts));
    ASSERT_TRUE(agent.ok()) << agent.status();
    agent_ = *std::move(agent);
    agent_->Start();
  }
  bool RunUntil(const std::function<bool()>& condition) {
    const absl::Time deadline = absl::Now() + absl::Seconds(60);
    while (!condition()) {
      if (absl::Now() > deadline) return false;
      io_.restart();
      io_.run_for(std::chrono::milliseconds(5));
    }
    return true;
  }
  bool Stop(v1::MachineEvent::Kind why) {
    bool stopped = false;
    agent_->Stop(why, [&stopped] { stopped = true; });
    return RunUntil([&stopped] { return stopped; });
  }
  boost::json::object Status() { return boost::json::parse(agent_->StatusJson()).as_object(); }

  FakeCollector collector_;
  TempDir directory_;
  Identity identity_;
  std::unique_ptr<Clock> clock_ = NewSystemClock();
  FaultDisk disk_;
  boost::asio::io_context io_;
  GrpcLoop loop_;
  GrpcConnector connector_{loop_, io_.get_executor()};
  std::unique_ptr<Agent> agent_;
  std::uint64_t next_random_ = 100;
  std::int64_t value_ = 0;
  absl::Duration slept_;
  std::vector<InventoryGroup> groups_;
  std::string inventory_mark_;
};

TEST_F(AgentTest, ItSamplesAtOnceAndThenAtTheCollectorsInterval) {
  StartAgent();
  ASSERT_TRUE(RunUntil([this] { return collector_.committed().size() >= 3; }));
  EXPECT_THAT(collector_.complaints(), IsEmpty()) << "a group that is read at another interval needs a new epoch";
  EXPECT_EQ(Status().at("intervalSeconds").as_double(), 1.0);
  EXPECT_TRUE(Status().at("connected").as_bool());
}

TEST_F(AgentTest, ACleanStopIsToldAndAcknowledged) {
  StartAgent();
  ASSERT_TRUE(RunUntil([this] { return !collector_.committed().empty(); }));
  ASSERT_TRUE(Stop(v1::MachineEvent::AGENT_STOPPED));
  const auto events = collector_.events();
  ASSERT_FALSE(events.empty());
  EXPECT_EQ(events.front().kind(), v1::MachineEvent::AGENT_STARTED);
  EXPECT_EQ(events.back().kind(), v1::MachineEvent::AGENT_STOPPED);
  EXPECT_EQ(disk_.open_files, 0);
}

TEST_F(AgentTest, ASuspensionIsToldWhenItIsOver) {
  StartAgent();
  ASSERT_TRUE(RunUntil([this] { return !collector_.committed().empty(); }));
  const absl::Duration before = clock_->BootNow();
  slept_ = absl::Minutes(40);
  ASSERT_TRUE(RunUntil([this] { return collector_.events().size() >= 3; }));
  const auto events = collector_.events();
  EXPECT_EQ(events[1].kind(), v1::MachineEvent::SUSPENDING);
  EXPECT_EQ(events[2].kind(), v1::MachineEvent::RESUMED);
  EXPECT_EQ(events[2].boot_ms() - events[1].boot_ms(), absl::ToInt64Milliseconds(slept_));
  EXPECT_GE(absl::Milliseconds(events[2].boot_ms() + 1), before);
}

TEST_F(AgentTest, WithoutACollectorItStopsAtOnceAndLosesNothing) {
  collector_.Stop();
  StartAgent();
  ASSERT_TRUE(Stop(v1::MachineEvent::MACHINE_SHUTTING_DOWN));
  collector_.Start();
  StartAgent("boot-b");
  ASSERT_TRUE(RunUntil([this] { return collector_.committed().size() >= 3; }));
  std::vector<v1::MachineEvent::Kind> kinds;
  for (const v1::MachineEvent& event : collector_.events()) kinds.push_back(event.kind());
  // The newest segment comes first.
  EXPECT_THAT(kinds, testing::ElementsAre(v1::MachineEvent::MACHINE_BOOTED, v1::MachineEvent::AGENT_STARTED,
                                          v1::MachineEvent::AGENT_STARTED, v1::MachineEvent::MACHINE_SHUTTING_DOWN));
}

TEST_F(AgentTest, TheLastPolicyHoldsWithoutACollector) {
  StartAgent();
  ASSERT_TRUE(RunUntil([this] { return Status().at("intervalSeconds").as_double() == 1.0; }));
  collector_.Stop();
  StartAgent();
  EXPECT_EQ(Status().at("intervalSeconds").as_double(), 1.0);
}

TEST_F(AgentTest, SamplingGoesOnOverAFullDisk) {
  StartAgent();
  ASSERT_TRUE(RunUntil([this] { return collector_.committed().size() >= 2; }));
  disk_.free_bytes = 0;
  const std::int64_t before = value_;
  ASSERT_TRUE(RunUntil([&] { return value_ >= before + 2; }));
  EXPECT_THAT(std::string(Status().at("spoolFault").as_string()), HasSubstr("full"));
  disk_.free_bytes = 1'000'000;
  ASSERT_TRUE(RunUntil([this] { return !collector_.gaps().empty(); }));
  EXPECT_EQ(collector_.gaps()[0].cause(), v1::GapDeclaration::DISK_FULL);
  EXPECT_GE(collector_.gaps()[0].samples(), 2u);
  EXPECT_THAT(collector_.complaints(), IsEmpty());
}

TEST_F(AgentTest, ACopiedMachineWhoseIdentitiesAreTakenStartsANewEpoch) {
  FakeCollectorScript script;
  script.interval_s = 1;
  script.refuse_sequence = 2;
  script.refuse_cause = v1::Refusal::CONFLICT;
  collector_.SetScript(script);
  StartAgent();
  ASSERT_TRUE(RunUntil([this] { return collector_.committed().size() >= 2; }));
  std::set<std::uint64_t> epochs;
  for (const auto& [key, value] : collector_.committed()) epochs.insert(key.first);
  EXPECT_THAT(epochs, SizeIs(2));
  EXPECT_THAT(collector_.complaints(), IsEmpty());
}

TEST_F(AgentTest, TheInventoryIsCollectedInAThreadAndSent) {
  groups_ = {{"os", {{"name", "Test \xff OS"}}, ""}, {"disk", {}, "not permitted"}};
  StartAgent();
  ASSERT_TRUE(RunUntil([this] { return !collector_.inventories().empty(); }));
  const v1::Inventory inventory = collector_.inventories()[0];
  ASSERT_EQ(inventory.facts_size(), 1);
  EXPECT_EQ(inventory.facts(0).value(), "Test \\xFF OS");
  EXPECT_EQ(inventory.notes(0).note(), "not permitted");
}

TEST_F(AgentTest, StatusIsAnsweredOnItsSocketAndReadableInWords) {
  StartAgent();
  ASSERT_TRUE(RunUntil([this] { return Status().at("batchesWaiting").as_int64() == 0; }));
  absl::StatusOr<std::string> answer;
  std::atomic<bool> answered = false;
  std::thread asker([&] {
    answer = AskStatus(directory_.path());
    answered = true;
  });
  const bool in_time = RunUntil([&] { return answered.load(); });
  asker.join();
  ASSERT_TRUE(in_time);
  ASSERT_TRUE(answer.ok()) << answer.status();
  const auto words = StatusInWords(*answer, absl::Now());
  ASSERT_TRUE(words.ok());
  EXPECT_THAT(*words, HasSubstr("machine-1 (host-1)"));
  EXPECT_THAT(*words, HasSubstr(", connected"));
  EXPECT_THAT(*words, HasSubstr("counting"));
}

TEST_F(AgentTest, WhatWasLeftInItsDirectoryIsSentAtOnceWhenItIsToldSo) {
  StartAgent();
  ASSERT_TRUE(RunUntil([this] { return collector_.inventories().size() == 1; }));
  groups_ = {{"reported", {{"now", "the printer is loud"}}, ""}};
  inventory_mark_ = "another";
  absl::Status looks;
  std::thread asker([&] { looks = AskToLook(directory_.path()); });
  const bool sent = RunUntil([this] { return collector_.inventories().size() == 2; });
  asker.join();
  EXPECT_TRUE(looks.ok()) << looks;
  ASSERT_TRUE(sent);
  EXPECT_EQ(collector_.inventories()[1].facts(0).value(), "the printer is loud");
}

TEST_F(AgentTest, StatusOfAnAgentThatDoesNotRunSaysSo) {
  EXPECT_TRUE(absl::IsNotFound(AskStatus(directory_.path()).status()));
  EXPECT_TRUE(absl::IsNotFound(AskToLook(directory_.path())));
  EXPECT_TRUE(absl::IsNotFound(AskStatus(directory_.path() / "none").status()));
}

}  // namespace
}  // namespace steward::agent
