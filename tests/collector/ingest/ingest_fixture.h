// A hub with everything around it, and agents' streams without gRPC. One thread, a clock that stands still.
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/manual_clock.h"
#include "boost/asio/io_context.hpp"
#include "collector/ingest/session.h"
#include "collector/ingest/session_hub.h"
#include "collector/storage/memory/memory_storage.h"
#include "prometheus/text_serializer.h"
#include "tests/support/fault_storage.h"
#include "tests/support/machine_key.h"
#include "tests/support/test_agent.h"

namespace steward::collector {

class RecordingSink final : public ObservationSink {
 public:
  void OnObservation(const Observation& observation) override { observations.push_back(observation); }
  void OnConnected(const MachineRecord& machine, const std::string& address, absl::Time) override {
    events.push_back("connected " + machine.instance + " " + address);
  }
  void OnDisconnected(const MachineRecord& machine, absl::Time) override { events.push_back("disconnected " + machine.instance); }
  void OnMachineChanged(const MachineRecord& machine) override { changed.push_back(machine); }
  void OnMachineDeleted(const MachineRecord& machine) override { events.push_back("deleted " + machine.instance); }
  void OnIdentityConflict(const MachineRecord&, const IdentityConflict& conflict) override { conflicts.push_back(conflict); }

  std::vector<Observation> observations;
  std::vector<std::string> events;
  std::vector<MachineRecord> changed;
  std::vector<IdentityConflict> conflicts;
};

class FakeTransport final : public SessionTransport {
 public:
  void Read() override {
    EXPECT_FALSE(wants_read) << "two reads at once";
    wants_read = true;
  }
  void Send(v1::CollectorMessage message) override {
    EXPECT_FALSE(finished.has_value());
    outgoing.push_back(std::move(message));
  }
  std::size_t queued_messages() const override { return outgoing.size(); }
  void Finish(absl::Status status) override {
    EXPECT_FALSE(finished.has_value()) << "finished twice";
    finished = std::move(status);
  }

  bool wants_read = false;
  bool takes = true;  // whether the peer takes what is sent
  std::deque<v1::CollectorMessage> outgoing;
  std::vector<v1::CollectorMessage> taken;
  std::optional<absl::Status> finished;
  std::shared_ptr<Session> session;
};

class IngestFixture : public ::testing::Test {
 protected:
  static constexpr char kId[] = "11111111-2222-4333-8444-555555555555";
  static constexpr char kOtherId[] = "99999999-2222-4333-8444-555555555555";

  IngestFixture() { AddMachine(kId, "desk"); }

  void AddMachine(const std::string& id, const std::string& instance) {
    ASSERT_TRUE(storage.WriteAndWait([&](StorageTransaction& transaction) {
                         MachineRecord machine;
                         machine.id = id;
                         machine.host_name = "desk";
                         machine.instance = instance;
                         machine.site = "office";
                         machine.machine_class = "desktop";
                         return transaction.PutMachine(machine);
                       })
                    .ok());
    ASSERT_TRUE(registry.Load().ok());
  }

  FakeTransport& Connect(const std::string& id = kId) {
    FakeTransport& transport = transports.emplace_back();
    transport.session = hub.Open({id, clock.WallNow() + absl::Hours(24 * 80)}, "192.0.2.7", transport);
    return transport;
  }

  // Runs what is due, taking what was sent.
  void Run() {
    bool more = true;
    while (more) {
      more = io.poll() > 0;
      io.restart();
      for (FakeTransport& transport : transports) {
        while (transport.takes && !transport.outgoing.empty()) {
          transport.taken.push_back(std::move(transport.outgoing.front()));
          transport.outgoing.pop_front();
          transport.session->OnSent();
          more = true;
        }
      }
    }
  }

  // The collector must be waiting for it.
  void Say(FakeTransport& agent, v1::AgentMessage message) {
    ASSERT_TRUE(agent.wants_read) << "the stream is not read";
    agent.wants_read = false;
    agent.session->OnMessage(std::move(message));
    Run();
  }

  FakeTransport& ConnectAndGreet(const TestEpoch& epoch) {
    FakeTransport& agent = Connect();
    Say(agent, epoch.Hello(kId));
    return agent;
  }

  // All that was acknowledged as committed, in order, as "epoch:first-last".
  static std::vector<std::string> Committed(const FakeTransport& agent) {
    std::vector<std::string> all;
    for (const v1::CollectorMessage& message : agent.taken) {
      for (const v1::SequenceRange& range : message.acknowledgement().committed()) {
        all.push_back(std::to_string(message.acknowledgement().epoch()) + ":" + std::to_string(range.first()) + "-" +
                      std::to_string(range.last()));
      }
    }
    return all;
  }
  static std::vector<v1::Refusal> Refused(const FakeTransport& agent) {
    std::vector<v1::Refusal> all;
    for (const v1::CollectorMessage& message : agent.taken) {
      all.insert(all.end(), message.acknowledgement().refused().begin(), message.acknowledgement().refused().end());
    }
    return all;
  }

  std::vector<SequenceInterval> Stored(std::uint64_t epoch, const std::string& id = kId) {
    std::vector<SequenceInterval> intervals;
    EXPECT_TRUE(storage.Read([&](StorageReader& reader) {
                         intervals = reader.CommittedIntervals(id, epoch).value();
                         return absl::OkStatus();
                       })
                    .ok());
    return intervals;
  }

  std::string Metrics() { return prometheus::TextSerializer().Serialize(prometheus_registry.Collect()); }

  void ExpectEnded(const FakeTransport& agent, absl::StatusCode code, const std::string& words) {
    ASSERT_TRUE(agent.finished.has_value());
    EXPECT_EQ(agent.finished->code(), code);
    EXPECT_THAT(std::string(agent.finished->message()), ::testing::HasSubstr(words));
  }

  boost::asio::io_context io;
  ManualClock clock{absl::FromUnixMillis(TestEpoch::kAnchorWallMs)};
  TemporaryDirectory directory;
  CertificateAuthority authority = CertificateAuthority::OpenOrCreate(directory.path(), SystemRandom()).value();
  FaultStorage storage{NewMemoryStorage(MemoryWriter::kInline)};
  prometheus::Registry prometheus_registry;
  IngestMetrics metrics{prometheus_registry};
  AgentsConfig agents;
  MachineRegistry registry{storage, io.get_executor()};
  RecordingSink sink;
  SessionHub hub{{storage, clock, io.get_executor(), authority, registry, metrics, agents, {&sink}, "0.1.0"}};
  std::deque<FakeTransport> transports;
};

}  // namespace steward::collector
