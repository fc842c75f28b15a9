#include "agent/probes/sockstat.h"

#include <optional>
#include <string>

#include "agent/platform/platform.h"
#include "agent/probes/text.h"
#include "base/text.h"

namespace steward::agent {
namespace {

constexpr std::string_view kPath = "/proc/net/sockstat";
constexpr std::string_view kPath6 = "/proc/net/sockstat6";

MetricFamilies::Definition Define(std::string_view protocol, std::string_view state, std::string_view suffix,
                                  std::int64_t numerator) {
  const std::string name = StrCat("node_sockstat_", protocol, "_", state, suffix);
  if (protocol == "sockets") return {name, "Number of IPv4 sockets in use.", MetricType::kGauge, numerator};
  return {name, StrCat("Number of ", protocol, " sockets in state ", state, suffix, "."), MetricType::kGauge,
          numerator};
}

class SockstatProbe final : public Probe {
 public:
  explicit SockstatProbe(Platform& platform) : platform_(platform) {}
  std::string_view name() const override { return "sockstat"; }
  absl::Status Collect(SampleSink& sink) override {
    const absl::StatusOr<std::int64_t> page_size = platform_.PageSizeBytes();
    if (!page_size.ok()) return page_size.status();
    absl::Status status = platform_.ReadFile(kPath, text_);
    if (status.ok()) status = ParseSockstat(kPath, text_, *page_size, families_, sink);
    if (!status.ok()) return status;
    status = platform_.ReadFile(kPath6, text_);
    if (absl::IsNotFound(status)) return absl::OkStatus();  // IPv6 is off
    return status.ok() ? ParseSockstat(kPath6, text_, *page_size, families_, sink) : status;
  }

 private:
  Platform& platform_;
  MetricFamilies families_;
  std::string text_;
};

}  // namespace

absl::Status ParseSockstat(std::string_view source, std::string_view text, std::int64_t page_size_bytes,
                           MetricFamilies& families, SampleSink& sink) {
  std::string key;
  std::string_view line;
  while (NextLine(text, line)) {
    std::string_view rest = line;
    std::string_view protocol;
    if (!NextField(rest, protocol)) continue;
    if (protocol.size() < 2 || !protocol.ends_with(':')) return Malformed(source, line);
    protocol.remove_suffix(1);
    std::string_view state;
    while (NextField(rest, state)) {
      const std::optional<std::uint64_t> value = NextUnsigned(rest);
      if (!value.has_value()) return Malformed(source, line);
      const auto report = [&](std::string_view suffix, std::int64_t numerator) {
        key.assign(protocol).append(" ").append(state).append(suffix);
        const Metric* metric =
            families.Get(key, [&](std::string_view) { return Define(protocol, state, suffix, numerator); });
        if (metric != nullptr) sink.AddUnsigned(*metric, {}, *value);
      };
      report("", 1);
      if (state == "mem") report("_bytes", page_size_bytes);
    }
  }
  return absl::OkStatus();
}

std::unique_ptr<Probe> MakeSockstatProbe(Platform& platform) { return std::make_unique<SockstatProbe>(platform); }

}  // namespace steward::agent
