// Records what this version's agent says and stores, as fixtures for the versions after it: a whole stream of messages to a
// collector that knows nothing, and a spool directory of which a part is acknowledged.
//
// usage: record-uplink-fixture DIR      (writes DIR/stream.bin and DIR/spool/; see tests/fixtures/uplink/README.md)
#include <filesystem>
#include <fstream>
#include <iostream>
#include <utility>

#include "absl/status/status.h"
#include "agent/spool/disk.h"
#include "agent/spool/spool.h"
#include "agent/uplink/session.h"
#include "base/manual_clock.h"
#include "google/protobuf/util/delimited_message_util.h"
#include "proto/wire/inventory_digest.h"
#include "tests/fixtures/uplink/recorded.h"

namespace steward::agent {
namespace {

// Takes every message at once.
class Recorder final : public UplinkConnector {
 public:
  class Stream final : public UplinkStream {
   public:
    explicit Stream(Recorder& recorder) : recorder_(recorder) {}
    void Write(const v1::AgentMessage& message) override { recorder_.messages.push_back(message); }
    void Cancel() override {}

   private:
    Recorder& recorder_;
  };
  std::unique_ptr<UplinkStream> Connect(const ChannelSettings&, UplinkStream::Handler& handler) override {
    handler_ = &handler;
    return std::make_unique<Stream>(*this);
  }
  // Until the session has nothing to say.
  void Drain() {
    for (std::size_t before = messages.size() + 1; before != messages.size();) {
      before = messages.size();
      handler_->OnWritable();
    }
  }
  void Answer(const v1::CollectorMessage& message) { handler_->OnMessage(message); }

  std::vector<v1::AgentMessage> messages;

 private:
  UplinkStream::Handler* handler_ = nullptr;
};

class NoOwner final : public SessionOwner {
 public:
  void OnWelcome(const v1::Welcome&) override {}
  void OnPolicy(const v1::Policy&) override {}
  void OnAcknowledged(std::uint64_t, std::uint64_t, std::uint64_t) override {}
  void OnRefused(std::uint64_t, const v1::Refusal&) override {}
  void OnRolledBack() override {}
  void OnInventoryAcknowledged(const std::string&) override {}
  void OnRenewal(const std::string&, const v1::RenewResponse&) override {}
  void OnSessionEnded(const absl::Status&) override {}
};

class Recording {
 public:
  explicit Recording(const std::filesystem::path& directory) : directory_(directory) {}

  void Run() {
    namespace recorded = steward::recorded;
    OpenSpool();
    Append(0, 3);                                  // too old when the spool is opened again: a gap
    Check(spool_->Close());
    clock_.Advance(absl::Hours(24 * 15));
    OpenSpool();
    Append(recorded::kFirstValue, 7);              // of an earlier start of the agent, in two segments
    spool_->CutSegment();
    Append(recorded::kFirstValue + 7, 5);
    Check(spool_->Close());
    clock_.Advance(absl::Minutes(2));
    OpenSpool();
    Append(recorded::kFirstValue + 12, 8);
    Connect();
    Append(recorded::kFirstValue + 20, 4);
    session_->Wake();
    connector_.Drain();
    std::ofstream stream(directory_ / "stream.bin", std::ios::binary);
    for (const v1::AgentMessage& message : connector_.messages) {
      google::protobuf::util::SerializeDelimitedToOstream(message, &stream);
    }
    Acknowledge();
    spool_.reset();  // as after kill -9
  }

 private:
  static void Check(const absl::Status& status) {
    if (status.ok()) return;
    std::cerr << status << "\n";
    std::exit(1);
  }

  void OpenSpool() {
    spool_.reset();
    SpoolSettings settings;
    settings.directory = directory_ / "spool";
    auto spool = Spool::Open(settings, {clock_, *disk_, [this] { return next_epoch_++; }, steward::recorded::kBootId});
    Check(spool.status());
    spool_ = *std::move(spool);
    first_ = true;
  }

  void Append(std::int64_t value, int count) {
    for (int i = 0; i < count; ++i, ++value) {
      clock_.Advance(absl::Seconds(15));
      std::vector<v1::MachineEvent> events;
      if (first_) {
        events.emplace_back().set_kind(v1::MachineEvent::AGENT_STARTED);
        events.back().set_boot_ms(absl::ToInt64Milliseconds(clock_.BootNow()));
      }
      const auto series = std::exchange(first_, false) ? steward::recorded::Series() : v1::DescriptorSet();
      Check(spool_->Append(series, steward::recorded::BatchOf(absl::ToInt64Milliseconds(clock_.BootNow()), value), events).status());
    }
  }

  void Connect() {
    v1::Hello hello;
    hello.set_machine_id(steward::recorded::kMachineId);
    hello.set_agent_version("0.1.0");
    hello.mutable_identity()->set_host_name("desk");
    hello.mutable_identity()->set_class_("desktop");
    hello.mutable_identity()->set_operating_system("Debian GNU/Linux 12 (bookworm)");
    hello.set_boot_id(steward::recorded::kBootId);
    session_ = std::make_unique<UplinkSession>(UplinkSession::Parts{clock_, *spool_, owner_, [](std::uint64_t) { return false; }},
                                               hello);
    session_->Start(connector_, {});
    connector_.Drain();
    v1::CollectorMessage answer;
    answer.mutable_welcome()->set_window_batches(64);
    answer.mutable_welcome()->set_wall_ms(absl::ToUnixMillis(clock_.WallNow()));
    connector_.Answer(answer);
    v1::Inventory inventory;
    v1::Fact* fact = inventory.add_facts();
    fact->set_group("os");
    fact->set_key("name");
    fact->set_value("Debian GNU/Linux");
    inventory.set_digest(wire::InventoryDigest(inventory));
    session_->OfferInventory({inventory.digest(), [inventory]() -> absl::StatusOr<v1::Inventory> { return inventory; }});
    connector_.Drain();
  }

  // Of what the earlier start of the agent left, the second segment.
  void Acknowledge() {
    v1::CollectorMessage answer;
    answer.mutable_acknowledgement()->set_epoch(next_epoch_ - 2);
    v1::SequenceRange& range = *answer.mutable_acknowledgement()->add_committed();
    range.set_first(8);
    range.set_last(12);
    connector_.Answer(answer);
  }

  const std::filesystem::path directory_;
  ManualClock clock_{absl::FromUnixMillis(steward::recorded::kBeginWallMs)};
  std::unique_ptr<SpoolDisk> disk_ = NewPosixSpoolDisk();
  std::uint64_t next_epoch_ = steward::recorded::kFirstEpoch;
  std::unique_ptr<Spool> spool_;
  bool first_ = true;
  NoOwner owner_;
  Recorder connector_;
  std::unique_ptr<UplinkSession> session_;
};

}  // namespace
}  // namespace steward::agent

int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "usage: record-uplink-fixture DIR\n";
    return 2;
  }
  steward::agent::Recording(argv[1]).Run();
}
