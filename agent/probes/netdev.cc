#include "agent/probes/netdev.h"

#include <array>
#include <optional>
#include <string>

#include "agent/platform/platform.h"
#include "agent/probes/attributes.h"
#include "agent/probes/text.h"

namespace steward::agent {
namespace {

constexpr std::string_view kPath = "/proc/net/dev";
constexpr int kHeadingLines = 2;

constexpr Metric Statistic(std::string_view name, std::string_view help) {
  return {.name = name, .help = help, .type = MetricType::kCounter};
}

// In the order of the file.
constexpr std::array<Metric, 16> kColumns = {{
    Statistic("node_network_receive_bytes_total", "Network device statistic receive_bytes."),
    Statistic("node_network_receive_packets_total", "Network device statistic receive_packets."),
    Statistic("node_network_receive_errs_total", "Network device statistic receive_errs."),
    Statistic("node_network_receive_drop_total", "Network device statistic receive_drop."),
    Statistic("node_network_receive_fifo_total", "Network device statistic receive_fifo."),
    Statistic("node_network_receive_frame_total", "Network device statistic receive_frame."),
    Statistic("node_network_receive_compressed_total", "Network device statistic receive_compressed."),
    Statistic("node_network_receive_multicast_total", "Network device statistic receive_multicast."),
    Statistic("node_network_transmit_bytes_total", "Network device statistic transmit_bytes."),
    Statistic("node_network_transmit_packets_total", "Network device statistic transmit_packets."),
    Statistic("node_network_transmit_errs_total", "Network device statistic transmit_errs."),
    Statistic("node_network_transmit_drop_total", "Network device statistic transmit_drop."),
    Statistic("node_network_transmit_fifo_total", "Network device statistic transmit_fifo."),
    Statistic("node_network_transmit_colls_total", "Network device statistic transmit_colls."),
    Statistic("node_network_transmit_carrier_total", "Network device statistic transmit_carrier."),
    Statistic("node_network_transmit_compressed_total", "Network device statistic transmit_compressed."),
}};
constexpr Metric kNoHandler =
    Statistic("node_network_receive_nohandler_total", "Network device statistic receive_nohandler.");

class NetdevProbe final : public Probe {
 public:
  explicit NetdevProbe(Platform& platform) : platform_(platform), attributes_(platform) {}
  std::string_view name() const override { return "netdev"; }
  absl::Status Collect(SampleSink& sink) override {
    absl::Status status = platform_.ReadFile(kPath, text_);
    if (!status.ok()) return status;
    std::vector<std::string_view> devices;
    status = ParseNetDev(text_, devices, sink);
    if (!status.ok()) return status;
    for (const std::string_view device : devices) {
      directory_.assign("/sys/class/net/").append(device).append("/statistics");
      const std::optional<std::int64_t> packets = attributes_.Integer(directory_, "rx_nohandler");
      if (!packets.has_value()) continue;
      const LabelView labels[] = {{"device", device}};
      sink.Add(kNoHandler, labels, *packets);
    }
    return absl::OkStatus();
  }

 private:
  Platform& platform_;
  AttributeReader attributes_;
  std::string text_;
  std::string directory_;
};

}  // namespace

absl::Status ParseNetDev(std::string_view text, std::vector<std::string_view>& devices, SampleSink& sink) {
  std::string_view line;
  for (int heading = 0; heading < kHeadingLines; ++heading) {
    if (!NextLine(text, line) || line.find('|') == std::string_view::npos) return Malformed(kPath, line);
  }
  while (NextLine(text, line)) {
    // The numbers may follow the colon without a blank; an alias may hold one itself.
    const std::size_t colon = line.rfind(':');
    if (colon == std::string_view::npos) return Malformed(kPath, line);
    const std::string_view device = Trimmed(line.substr(0, colon));
    if (device.empty()) return Malformed(kPath, line);
    if (device == "lo") continue;
    std::string_view rest = line.substr(colon + 1);
    const LabelView labels[] = {{"device", device}};
    for (const Metric& column : kColumns) {
      const std::optional<std::uint64_t> value = NextUnsigned(rest);
      if (!value.has_value()) return Malformed(kPath, line);
      sink.AddUnsigned(column, labels, *value);
    }
    devices.push_back(device);
  }
  return absl::OkStatus();
}

std::unique_ptr<Probe> MakeNetdevProbe(Platform& platform) { return std::make_unique<NetdevProbe>(platform); }

}  // namespace steward::agent
