#include "agent/probes/netclass.h"

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "agent/platform/platform.h"
#include "agent/probes/attributes.h"

namespace steward::agent {
namespace {

constexpr std::string_view kDirectory = "/sys/class/net";
constexpr std::int64_t kBytesPerMegabit = 1'000'000 / 8;

constexpr Metric kInfo = {.name = "node_network_info",
                          .help = "Non-numeric data from /sys/class/net/<iface>, value is always 1."};
constexpr Metric kUp = {.name = "node_network_up", .help = "Value is 1 if operstate is 'up', 0 otherwise."};

struct Property {
  std::string_view file;
  Metric metric;
  bool is_hex = false;
};

constexpr Metric Gauge(std::string_view name, std::string_view help) { return {.name = name, .help = help}; }
constexpr Metric Counter(std::string_view name, std::string_view help) {
  return {.name = name, .help = help, .type = MetricType::kCounter};
}

constexpr std::array<Property, 5> kLinkProperties = {{
    {"carrier", Gauge("node_network_carrier", "Network device property: carrier")},
    {"carrier_changes",
     Counter("node_network_carrier_changes_total", "Network device property: carrier_changes_total")},
    {"carrier_up_count",
     Counter("node_network_carrier_up_changes_total", "Network device property: carrier_up_changes_total")},
    {"carrier_down_count",
     Counter("node_network_carrier_down_changes_total", "Network device property: carrier_down_changes_total")},
    {"speed",
     {.name = "node_network_speed_bytes",
      .help = "Network device property: speed_bytes",
      .type = MetricType::kGauge,
      .numerator = kBytesPerMegabit}},
}};
constexpr std::array<Property, 12> kInfoProperties = {{
    {"addr_assign_type", Gauge("node_network_address_assign_type", "Network device property: address_assign_type")},
    {"dev_id", Gauge("node_network_device_id", "Network device property: device_id"), true},
    {"dormant", Gauge("node_network_dormant", "Network device property: dormant")},
    {"flags", Gauge("node_network_flags", "Network device property: flags"), true},
    {"ifindex", Gauge("node_network_iface_id", "Network device property: iface_id")},
    {"iflink", Gauge("node_network_iface_link", "Network device property: iface_link")},
    {"link_mode", Gauge("node_network_iface_link_mode", "Network device property: iface_link_mode")},
    {"mtu", Gauge("node_network_mtu_bytes", "Network device property: mtu_bytes")},
    {"name_assign_type", Gauge("node_network_name_assign_type", "Network device property: name_assign_type")},
    {"netdev_group", Gauge("node_network_net_dev_group", "Network device property: net_dev_group")},
    {"tx_queue_len", Gauge("node_network_transmit_queue_length", "Network device property: transmit_queue_length")},
    {"type", Gauge("node_network_protocol_type", "Network device property: protocol_type")},
}};

enum class Part : std::uint8_t { kLink, kSetup };

class NetclassProbe final : public Probe {
 public:
  NetclassProbe(Platform& platform, Part part) : platform_(platform), attributes_(platform), part_(part) {}
  std::string_view name() const override { return part_ == Part::kLink ? "netclass" : "netclass_info"; }
  absl::Duration interval_min() const override { return part_ == Part::kLink ? absl::ZeroDuration() : kMinuteInterval; }

  absl::Status Collect(SampleSink& sink) override {
    const absl::Status status = platform_.ListDirectory(kDirectory, devices_);
    if (!status.ok()) return status;
    for (const std::string& device : devices_) {
      directory_.assign(kDirectory).append("/").append(device);
      // Files such as bonding_masters lie beside the devices.
      const std::optional<std::string_view> state = attributes_.Text(directory_, "operstate");
      if (!state.has_value()) continue;
      if (part_ == Part::kLink) {
        const LabelView labels[] = {{"device", device}};
        sink.Add(kUp, labels, *state == "up" ? 1 : 0);
        Report(device, kLinkProperties, sink);
      } else {
        ReportInfo(device, std::string(*state), sink);
        Report(device, kInfoProperties, sink);
      }
    }
    return absl::OkStatus();
  }

 private:
  void Report(const std::string& device, absl::Span<const Property> properties, SampleSink& sink) {
    const LabelView labels[] = {{"device", device}};
    for (const Property& property : properties) {
      const std::optional<std::int64_t> value =
          property.is_hex ? attributes_.Hex(directory_, property.file) : attributes_.Integer(directory_, property.file);
      if (value.has_value()) sink.Add(property.metric, labels, *value);
    }
  }

  void ReportInfo(const std::string& device, const std::string& state, SampleSink& sink) {
    const auto text = [&](std::string_view file) {
      return std::string(attributes_.Text(directory_, file).value_or(""));
    };
    const std::string address = text("address");
    const std::string broadcast = text("broadcast");
    const std::string duplex = text("duplex");
    const std::string alias = text("ifalias");
    const LabelView info[] = {{"address", address}, {"broadcast", broadcast}, {"device", device},
                              {"duplex", duplex},   {"ifalias", alias},       {"operstate", state}};
    sink.Add(kInfo, info, 1);
  }

  Platform& platform_;
  AttributeReader attributes_;
  const Part part_;
  std::vector<std::string> devices_;
  std::string directory_;
};

}  // namespace

std::unique_ptr<Probe> MakeNetclassProbe(Platform& platform) {
  return std::make_unique<NetclassProbe>(platform, Part::kLink);
}

std::unique_ptr<Probe> MakeNetclassInfoProbe(Platform& platform) {
  return std::make_unique<NetclassProbe>(platform, Part::kSetup);
}

}  // namespace steward::agent
