// A target between a storage in memory and a fake receiver, with the time in the test's hand.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/manual_clock.h"
#include "boost/asio/io_context.hpp"
#include "collector/remote_write/target.h"
#include "collector/storage/memory/memory_storage.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/collector/remote_write/fake_receiver.h"
#include "tests/collector/storage/sample_writer.h"

namespace steward::collector {

inline const absl::Time kRigStart = absl::FromUnixSeconds(1'772'438'400);

class RemoteWriteRig : public ::testing::Test {
 protected:
  RemoteWriteRig() {
    config_.name = "prometheus";
    config_.url = "http://127.0.0.1:9090/api/v1/write";
  }

  // As a start of the collector; what was under way before is lost.
  void Start() {
    target_.reset();
    receiver_ = FakeReceiver();
    registry_ = std::make_unique<prometheus::Registry>();
    target_ = MakeTarget(config_, receiver_);
    Run();
  }
  std::unique_ptr<RemoteWriteTarget> MakeTarget(const RemoteWriteConfig& config, FakeReceiver& receiver) {
    auto target = std::make_unique<RemoteWriteTarget>(
        RemoteWriteTarget::Parts{config, *storage_, clock_, io_.get_executor(),
                                 [&receiver](HttpCall call, std::function<void(HttpAnswer)> done) {
                                   receiver.Take(std::move(call), std::move(done));
                                 },
                                 [] { return 0.5; }, *registry_});
    target->Start();
    return target;
  }

  void PutMachine(const std::string& id, MachineState state = MachineState::kActive) {
    MachineRecord machine;
    machine.id = id;
    machine.host_name = machine.instance = id;
    machine.machine_class = "laptop";
    machine.state = state;
    ASSERT_TRUE(storage_->WriteAndWait([&](StorageTransaction& t) { return t.PutMachine(machine); }).ok());
  }
  // Commits a batch `second` seconds after the start.
  void Append(SampleWriter& writer, const std::string& machine, int second,
              const std::map<std::uint32_t, std::int64_t>& values) {
    const BatchRecord batch = writer.Next(kRigStart + absl::Seconds(second), values);
    const absl::Status status = storage_->WriteAndWait([&](StorageTransaction& t) -> absl::Status {
      if (absl::Status added = t.AddDescriptors(machine, writer.descriptors()); !added.ok()) return added;
      return t.AppendBatch(batch).status();
    });
    ASSERT_TRUE(status.ok()) << status;
  }

  void Run() {
    io_.restart();
    for (int i = 0; i < 1000 && io_.poll() > 0; ++i) clock_.Advance(absl::ZeroDuration());
  }
  void Advance(absl::Duration by) {
    clock_.Advance(by);
    Run();
  }
  // Answers what is under way, and goes on to the next request.
  void Answer(long status, const std::string& body = "", std::optional<absl::Duration> retry_after = std::nullopt) {
    receiver_.Answer(status, body, retry_after);
    Run();
    Advance(RemoteWriteTarget::kPoll);
  }
  std::vector<std::string> Last() { return FakeReceiver::Samples(receiver_.requests.back()); }
  std::size_t Requests() const { return receiver_.requests.size(); }

  double Value(const std::string& name, const std::string& reason = "") {
    double sum = 0;
    for (const prometheus::MetricFamily& family : registry_->Collect()) {
      if (family.name != name) continue;
      for (const prometheus::ClientMetric& metric : family.metric) {
        bool matches = reason.empty();
        for (const auto& label : metric.label) matches = matches || label.value == reason;
        if (matches) sum += metric.counter.value + metric.gauge.value;
      }
    }
    return sum;
  }

  ManualClock clock_{kRigStart};
  boost::asio::io_context io_;
  std::unique_ptr<Storage> storage_ = NewMemoryStorage(MemoryWriter::kInline);
  std::unique_ptr<prometheus::Registry> registry_ = std::make_unique<prometheus::Registry>();
  RemoteWriteConfig config_;
  FakeReceiver receiver_;
  std::unique_ptr<RemoteWriteTarget> target_;
};

}  // namespace steward::collector
