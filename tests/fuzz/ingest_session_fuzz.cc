// A stream of any AgentMessages, length-prefixed in the input: the session ends it or serves it, never crashes, and never
// acknowledges what is not stored.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <deque>
#include <filesystem>
#include <optional>

#include "base/manual_clock.h"
#include "boost/asio/io_context.hpp"
#include "collector/ingest/session.h"
#include "collector/ingest/session_hub.h"
#include "collector/storage/memory/memory_storage.h"
#include "spdlog/spdlog.h"
#include "tests/support/machine_key.h"
#include "tests/support/test_agent.h"

namespace steward::collector {
namespace {

constexpr char kId[] = "11111111-2222-4333-8444-555555555555";

class Transport final : public SessionTransport {
 public:
  void Read() override {
    if (wants_read || finished) std::abort();
    wants_read = true;
  }
  void Send(v1::CollectorMessage message) override {
    if (finished) std::abort();
    outgoing.push_back(std::move(message));
  }
  std::size_t queued_messages() const override { return outgoing.size(); }
  void Finish(absl::Status) override {
    if (finished) std::abort();
    finished = true;
  }
  bool wants_read = false;
  bool finished = false;
  std::deque<v1::CollectorMessage> outgoing;
};

const CertificateAuthority& Authority() {
  static const TemporaryDirectory directory;
  static const CertificateAuthority authority = CertificateAuthority::OpenOrCreate(directory.path(), SystemRandom()).value();
  return authority;
}

void CheckAcknowledged(const v1::Acknowledgement& acknowledgement, Storage& storage) {
  storage
      .Read([&](StorageReader& reader) {
        const std::vector<SequenceInterval> stored = reader.CommittedIntervals(kId, acknowledgement.epoch()).value();
        for (const v1::SequenceRange& range : acknowledgement.committed()) {
          bool found = false;
          for (const SequenceInterval& interval : stored) found |= interval.first <= range.first() && range.last() <= interval.last;
          if (!found) std::abort();
        }
        return absl::OkStatus();
      })
      .IgnoreError();
}

void Run(const std::uint8_t* data, std::size_t size) {
  boost::asio::io_context io;
  ManualClock clock(absl::FromUnixMillis(TestEpoch::kAnchorWallMs));
  const std::unique_ptr<Storage> storage = NewMemoryStorage(MemoryWriter::kInline);
  prometheus::Registry prometheus;
  IngestMetrics metrics(prometheus);
  const AgentsConfig agents;
  MachineRegistry registry(*storage, io.get_executor());
  SessionHub hub({*storage, clock, io.get_executor(), Authority(), registry, metrics, agents, {}, "0"});
  Transport transport;
  std::shared_ptr<Session> session = hub.Open({kId, clock.WallNow() + absl::Hours(1)}, "192.0.2.1", transport);
  const auto run = [&] {
    do {
      io.restart();
      io.poll();
      while (!transport.outgoing.empty()) {
        const v1::CollectorMessage message = std::move(transport.outgoing.front());
        transport.outgoing.pop_front();
        if (message.has_acknowledgement()) CheckAcknowledged(message.acknowledgement(), *storage);
        session->OnSent();
      }
      io.restart();
    } while (io.poll() > 0);
  };
  const auto say = [&](v1::AgentMessage message) {
    if (!transport.wants_read || transport.finished) return;
    transport.wants_read = false;
    session->OnMessage(std::move(message));
    run();
  };
  // An even first byte: a good beginning, so that the depth is reached.
  if (size > 0 && data[0] % 2 == 0) {
    TestEpoch epoch(7);
    say(epoch.Hello(kId));
    say(epoch.Descriptors());
    say(epoch.Segment(1));
    say(epoch.Batch(1));
  }
  std::size_t at = 1;
  while (at + 2 <= size) {
    const std::size_t length = std::min<std::size_t>(data[at] | data[at + 1] << 8, size - at - 2);
    v1::AgentMessage message;
    if (message.ParseFromArray(data + at + 2, static_cast<int>(length))) say(std::move(message));
    at += 2 + length;
  }
  session->OnHalfClosed();
  run();
  session->OnLost();
  run();
  if (!transport.finished || hub.session_count() != 0) std::abort();
}

}  // namespace
}  // namespace steward::collector

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  spdlog::set_level(spdlog::level::off);
  steward::collector::Run(data, size);
  return 0;
}
