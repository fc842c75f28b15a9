#include "agent/probes/netstat.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string>

#include "agent/platform/platform.h"
#include "agent/probes/text.h"
#include "base/text.h"

namespace steward::agent {
namespace {

constexpr std::string_view kNetstatPath = "/proc/net/netstat";
constexpr std::string_view kSnmpPath = "/proc/net/snmp";
constexpr std::string_view kSnmp6Path = "/proc/net/snmp6";

struct Choice {
  std::string_view protocol;
  std::string_view name;  // a '*' at the end stands for anything
};

// node_exporter's choice, and below it what tells why a line or a peer is slow.
constexpr std::array<Choice, 66> kChoices = {{
    {"Ip", "Forwarding"},
    {"Ip6", "InOctets"},
    {"Ip6", "OutOctets"},
    {"IpExt", "InOctets"},
    {"IpExt", "OutOctets"},
    {"Icmp", "InMsgs"},
    {"Icmp", "OutMsgs"},
    {"Icmp6", "InMsgs"},
    {"Icmp6", "OutMsgs"},
    {"TcpExt", "Listen*"},
    {"TcpExt", "Syncookies*"},
    {"TcpExt", "TCPSynRetrans"},
    {"TcpExt", "TCPTimeouts"},
    {"Tcp", "ActiveOpens"},
    {"Tcp", "InSegs"},
    {"Tcp", "OutSegs"},
    {"Tcp", "OutRsts"},
    {"Tcp", "PassiveOpens"},
    {"Tcp", "RetransSegs"},
    {"Tcp", "CurrEstab"},
    {"Udp", "InDatagrams"},
    {"Udp", "OutDatagrams"},
    {"Udp", "NoPorts"},
    {"Udp", "RcvbufErrors"},
    {"Udp", "SndbufErrors"},
    {"Udp6", "InDatagrams"},
    {"Udp6", "OutDatagrams"},
    {"Udp6", "NoPorts"},
    {"Udp6", "RcvbufErrors"},
    {"Udp6", "SndbufErrors"},
    {"Ip", "InDiscards"},
    {"Ip", "OutDiscards"},
    {"Ip", "OutNoRoutes"},
    {"Ip", "InHdrErrors"},
    {"Ip", "ReasmFails"},
    {"Ip", "FragFails"},
    {"Ip6", "InDiscards"},
    {"Ip6", "OutDiscards"},
    {"Ip6", "OutNoRoutes"},
    {"IpExt", "InNoRoutes"},
    {"IpExt", "InTruncatedPkts"},
    {"IpExt", "InCsumErrors"},
    {"Icmp", "InDestUnreachs"},
    {"Icmp", "OutDestUnreachs"},
    {"Icmp", "InTimeExcds"},
    {"Icmp", "InRedirects"},
    {"Tcp", "AttemptFails"},
    {"Tcp", "EstabResets"},
    {"Tcp", "InCsumErrors"},
    {"TcpExt", "TCPLostRetransmit"},
    {"TcpExt", "TCPFastRetrans"},
    {"TcpExt", "TCPSlowStartRetrans"},
    {"TcpExt", "TCPRetransFail"},
    {"TcpExt", "TCPAbortOn*"},
    {"TcpExt", "TCPBacklogDrop"},
    {"TcpExt", "TCPRcvQDrop"},
    {"TcpExt", "TCPOFOQueue"},
    {"TcpExt", "TCPMemoryPressures"},
    {"TcpExt", "PruneCalled"},
    {"TcpExt", "RcvPruned"},
    {"TcpExt", "TW"},
    {"TcpExt", "TCPReqQFullDrop"},
    {"TcpExt", "TCPReqQFullDoCookies"},
    {"TcpExt", "TCPZeroWindowDrop"},
    {"TcpExt", "TCPKeepAlive"},
    {"TcpExt", "TCPSpuriousRTOs"},
}};

bool IsWanted(std::string_view protocol, std::string_view name) {
  if (name.ends_with("InErrors") || name.ends_with("InErrs")) return true;
  return std::any_of(kChoices.begin(), kChoices.end(), [&](const Choice& choice) {
    if (choice.protocol != protocol) return false;
    if (!choice.name.ends_with('*')) return choice.name == name;
    return name.starts_with(choice.name.substr(0, choice.name.size() - 1));
  });
}

// Families by "protocol name"; what is not wanted is remembered as an empty one, so that it is judged once.
const Metric* Family(std::string_view protocol, std::string_view name, std::string& key, MetricFamilies& families) {
  key.assign(protocol).append(" ").append(name);
  return families.Get(key, [&](std::string_view) -> MetricFamilies::Definition {
    if (!IsWanted(protocol, name)) return {};
    return {StrCat("node_netstat_", protocol, "_", name), StrCat("Statistic ", protocol, name, "."),
            MetricType::kUntyped};
  });
}

class NetstatProbe final : public Probe {
 public:
  explicit NetstatProbe(Platform& platform) : platform_(platform) {}
  std::string_view name() const override { return "netstat"; }
  absl::Status Collect(SampleSink& sink) override {
    for (const std::string_view path : {kNetstatPath, kSnmpPath}) {
      absl::Status status = platform_.ReadFile(path, text_);
      if (status.ok()) status = ParseNetstat(path, text_, families_, sink);
      if (!status.ok()) return status;
    }
    const absl::Status status = platform_.ReadFile(kSnmp6Path, text_);
    if (absl::IsNotFound(status)) return absl::OkStatus();  // IPv6 is off
    return status.ok() ? ParseSnmp6(text_, families_, sink) : status;
  }

 private:
  Platform& platform_;
  MetricFamilies families_;
  std::string text_;
};

}  // namespace

absl::Status ParseNetstat(std::string_view source, std::string_view text, MetricFamilies& families, SampleSink& sink) {
  std::string key;
  std::string_view names;
  while (NextLine(text, names)) {
    std::string_view values;
    std::string_view protocol;
    std::string_view protocol_again;
    std::string_view names_rest = names;
    if (!NextLine(text, values)) return Malformed(source, names);
    std::string_view values_rest = values;
    if (!NextField(names_rest, protocol) || !NextField(values_rest, protocol_again) || protocol != protocol_again ||
        !protocol.ends_with(':')) {
      return Malformed(source, values);
    }
    protocol.remove_suffix(1);
    std::string_view name;
    while (NextField(names_rest, name)) {
      std::string_view field;
      if (!NextField(values_rest, field)) return Malformed(source, values);
      const Metric* metric = Family(protocol, name, key, families);
      if (metric == nullptr || metric->name.empty()) continue;
      const std::optional<std::int64_t> value = ParseInteger(field);
      if (!value.has_value()) return Malformed(source, values);
      sink.Add(*metric, {}, *value);
    }
  }
  return absl::OkStatus();
}

absl::Status ParseSnmp6(std::string_view text, MetricFamilies& families, SampleSink& sink) {
  std::string key;
  std::string_view line;
  while (NextLine(text, line)) {
    std::string_view rest = line;
    std::string_view word;
    if (!NextField(rest, word)) continue;
    const std::size_t six = word.find('6');
    if (six == std::string_view::npos) continue;
    const Metric* metric = Family(word.substr(0, six + 1), word.substr(six + 1), key, families);
    if (metric == nullptr || metric->name.empty()) continue;
    const std::optional<std::uint64_t> value = NextUnsigned(rest);
    if (!value.has_value()) return Malformed(kSnmp6Path, line);
    sink.AddUnsigned(*metric, {}, *value);
  }
  return absl::OkStatus();
}

std::unique_ptr<Probe> MakeNetstatProbe(Platform& platform) { return std::make_unique<NetstatProbe>(platform); }

}  // namespace steward::agent
