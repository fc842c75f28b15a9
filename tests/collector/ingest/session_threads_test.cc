// Sessions with a real writer thread and messages that come from other threads, as gRPC's do: for the thread sanitizer.
#include <future>
#include <thread>

#include <gtest/gtest.h>

#include "base/clock.h"
#include "boost/asio/executor_work_guard.hpp"
#include "boost/asio/io_context.hpp"
#include "boost/asio/post.hpp"
#include "collector/ingest/session.h"
#include "collector/ingest/session_hub.h"
#include "collector/storage/memory/memory_storage.h"
#include "tests/support/machine_key.h"
#include "tests/support/test_agent.h"

namespace steward::collector {
namespace {

constexpr std::uint64_t kBatches = 300;

class CountingSink final : public ObservationSink {
 public:
  void OnObservation(const Observation&) override { ++observations; }
  void OnConnected(const MachineRecord&, const std::string&, absl::Time) override {}
  void OnDisconnected(const MachineRecord&, absl::Time) override {}
  void OnMachineChanged(const MachineRecord&) override {}
  std::uint64_t observations = 0;  // core thread
};

// Makes each message on the wire's thread when the session asks for it.
class WireTransport final : public SessionTransport {
 public:
  WireTransport(boost::asio::io_context& core, boost::asio::io_context& wire, std::string id)
      : core_(core), wire_(wire), id_(std::move(id)) {}

  void Read() override {
    boost::asio::post(wire_, [this] {
      const std::uint64_t step = step_++;
      if (step == kBatches + 3) return boost::asio::post(core_, [this] { session->OnHalfClosed(); });
      v1::AgentMessage message = step == 0   ? epoch_.Hello(id_, "desk")
                                 : step == 1 ? epoch_.Descriptors()
                                 : step == 2 ? epoch_.Segment(1)
                                             : epoch_.Batch(step - 2);
      boost::asio::post(core_, [this, message = std::move(message)]() mutable { session->OnMessage(std::move(message)); });
    });
  }
  void Send(v1::CollectorMessage message) override {
    ++queued_;
    for (const v1::SequenceRange& range : message.acknowledgement().committed()) acknowledged += range.last() - range.first() + 1;
    boost::asio::post(wire_, [this] {
      boost::asio::post(core_, [this] {
        --queued_;
        session->OnSent();
      });
    });
  }
  std::size_t queued_messages() const override { return queued_; }
  void Finish(absl::Status status) override { finished.set_value(std::move(status)); }

  std::shared_ptr<Session> session;
  std::uint64_t acknowledged = 0;  // core thread
  std::promise<absl::Status> finished;

 private:
  boost::asio::io_context& core_;
  boost::asio::io_context& wire_;
  const std::string id_;
  TestEpoch epoch_{7};
  std::uint64_t step_ = 0;   // wire thread
  std::size_t queued_ = 0;   // core thread
};

TEST(SessionThreads, ManyAgentsOverARealWriterThreadLoseNothing) {
  boost::asio::io_context core;
  boost::asio::io_context wire;
  const auto clock = NewSystemClock();
  const TemporaryDirectory directory;
  const CertificateAuthority authority = CertificateAuthority::OpenOrCreate(directory.path(), SystemRandom()).value();
  std::unique_ptr<Storage> storage = NewMemoryStorage();
  prometheus::Registry prometheus;
  IngestMetrics metrics(prometheus);
  const AgentsConfig agents;
  MachineRegistry registry(*storage, core.get_executor());
  CountingSink sink;
  SessionHub hub({*storage, *clock, core.get_executor(), authority, registry, metrics, agents, {&sink}, "0"});

  constexpr int kAgents = 8;
  std::vector<std::unique_ptr<WireTransport>> transports;
  for (int i = 0; i < kAgents; ++i) {
    const std::string id = std::to_string(10000000 + i) + "-2222-4333-8444-555555555555";
    transports.push_back(std::make_unique<WireTransport>(core, wire, id));
    boost::asio::post(core, [&hub, &clock, id, transport = transports.back().get()] {
      transport->session = hub.Open({id, clock->WallNow() + absl::Hours(1)}, "192.0.2.7", *transport);
    });
  }
  auto core_work = boost::asio::make_work_guard(core);
  auto wire_work = boost::asio::make_work_guard(wire);
  std::thread core_thread([&] { core.run(); });
  std::thread wire_thread([&] { wire.run(); });
  // Other threads look on meanwhile, as HTTP does.
  for (const auto& transport : transports) {
    std::future<absl::Status> finished = transport->finished.get_future();
    while (finished.wait_for(std::chrono::milliseconds(1)) != std::future_status::ready) registry.Snapshot();
    EXPECT_TRUE(finished.get().ok());
  }
  wire_work.reset();
  wire_thread.join();
  core_work.reset();
  core_thread.join();
  storage.reset();
  EXPECT_EQ(sink.observations, kAgents * kBatches);
  for (const auto& transport : transports) EXPECT_EQ(transport->acknowledged, kBatches);
  EXPECT_EQ(metrics.samples_total(), kAgents * kBatches * 3);
}

}  // namespace
}  // namespace steward::collector
