#include "agent/probes/tcp_states.h"

#include <optional>
#include <string>

#include "agent/platform/platform.h"
#include "agent/probes/text.h"

namespace steward::agent {
namespace {

constexpr std::string_view kPath = "/proc/net/tcp";
constexpr std::string_view kPath6 = "/proc/net/tcp6";
constexpr std::size_t kListen = 10;
// A line a connection: on a busy server that is megabytes.
constexpr absl::Duration kInterval = absl::Minutes(1);

constexpr Metric kStates = {.name = "node_tcp_connection_states", .help = "Number of connection states."};

class TcpStatesProbe final : public Probe {
 public:
  explicit TcpStatesProbe(Platform& platform) : platform_(platform) {}
  std::string_view name() const override { return "tcp_states"; }
  absl::Duration interval_min() const override { return kInterval; }
  absl::Status Collect(SampleSink& sink) override {
    TcpStates states;
    const absl::Status status = Add(kPath, states);
    if (!status.ok()) return status;
    const absl::Status status6 = Add(kPath6, states);
    if (!status6.ok() && !absl::IsNotFound(status6)) return status6;
    for (std::size_t state = 1; state < kTcpStates.size(); ++state) {
      Report(kTcpStates[state], states.connections[state], sink);
    }
    Report("rx_queued_bytes", states.received, sink);
    Report("tx_queued_bytes", states.sent, sink);
    return absl::OkStatus();
  }

 private:
  absl::Status Add(std::string_view path, TcpStates& states) {
    const absl::Status status = platform_.ReadFile(path, text_);
    return status.ok() ? ParseTcpStates(path, text_, states) : status;
  }

  static void Report(std::string_view state, std::uint64_t value, SampleSink& sink) {
    const LabelView labels[] = {{"state", state}};
    sink.AddUnsigned(kStates, labels, value);
  }

  Platform& platform_;
  std::string text_;
};

}  // namespace

absl::Status ParseTcpStates(std::string_view source, std::string_view text, TcpStates& states) {
  std::string_view line;
  NextLine(text, line);  // the heading
  while (NextLine(text, line)) {
    std::string_view rest = line, number, local, remote, state, queues;
    if (!NextField(rest, number) || !NextField(rest, local) || !NextField(rest, remote) || !NextField(rest, state) ||
        !NextField(rest, queues)) {
      return Malformed(source, line);
    }
    const std::optional<std::uint64_t> value = ParseHex(state);
    const std::size_t colon = queues.find(':');
    if (!value.has_value() || *value == 0 || *value >= kTcpStates.size() || colon == std::string_view::npos) {
      return Malformed(source, line);
    }
    const std::optional<std::uint64_t> sent = ParseHex(queues.substr(0, colon));
    const std::optional<std::uint64_t> received = ParseHex(queues.substr(colon + 1));
    if (!sent.has_value() || !received.has_value()) return Malformed(source, line);
    ++states.connections[*value];
    if (*value == kListen) continue;  // there the queue is of connections
    states.sent += *sent;
    states.received += *received;
  }
  return absl::OkStatus();
}

std::unique_ptr<Probe> MakeTcpStatesProbe(Platform& platform) { return std::make_unique<TcpStatesProbe>(platform); }

}  // namespace steward::agent
