#include "agent/probes/udp_queues.h"

#include <optional>
#include <string>

#include "agent/platform/platform.h"
#include "agent/probes/text.h"

namespace steward::agent {
namespace {

constexpr std::string_view kPath = "/proc/net/udp";
constexpr std::string_view kPath6 = "/proc/net/udp6";
constexpr int kQueuesField = 4;

constexpr Metric kQueues = {.name = "node_udp_queues",
                            .help = "Number of allocated memory in the kernel for UDP datagrams in bytes."};

class UdpQueuesProbe final : public Probe {
 public:
  explicit UdpQueuesProbe(Platform& platform) : platform_(platform) {}
  std::string_view name() const override { return "udp_queues"; }
  absl::Status Collect(SampleSink& sink) override {
    const absl::Status status = Report("v4", kPath, sink);
    if (!status.ok()) return status;
    const absl::Status status6 = Report("v6", kPath6, sink);
    return absl::IsNotFound(status6) ? absl::OkStatus() : status6;
  }

 private:
  absl::Status Report(std::string_view ip, std::string_view path, SampleSink& sink) {
    const absl::Status status = platform_.ReadFile(path, text_);
    if (!status.ok()) return status;
    const absl::StatusOr<UdpQueues> queues = ParseUdpQueues(path, text_);
    if (!queues.ok()) return queues.status();
    const LabelView received[] = {{"ip", ip}, {"queue", "rx"}};
    const LabelView sent[] = {{"ip", ip}, {"queue", "tx"}};
    sink.AddUnsigned(kQueues, received, queues->received);
    sink.AddUnsigned(kQueues, sent, queues->sent);
    return absl::OkStatus();
  }

  Platform& platform_;
  std::string text_;
};

}  // namespace

absl::StatusOr<UdpQueues> ParseUdpQueues(std::string_view source, std::string_view text) {
  UdpQueues queues;
  std::string_view line;
  NextLine(text, line);  // the heading
  while (NextLine(text, line)) {
    std::string_view rest = line;
    std::string_view field;
    for (int index = 0; index <= kQueuesField; ++index) {
      if (!NextField(rest, field)) return Malformed(source, line);
    }
    const std::size_t colon = field.find(':');
    if (colon == std::string_view::npos) return Malformed(source, line);
    const std::optional<std::uint64_t> sent = ParseHex(field.substr(0, colon));
    const std::optional<std::uint64_t> received = ParseHex(field.substr(colon + 1));
    if (!sent.has_value() || !received.has_value()) return Malformed(source, line);
    queues.sent += *sent;
    queues.received += *received;
  }
  return queues;
}

std::unique_ptr<Probe> MakeUdpQueuesProbe(Platform& platform) { return std::make_unique<UdpQueuesProbe>(platform); }

}  // namespace steward::agent
