#include "agent/probes/posture/listeners.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <optional>

#include "agent/probes/text.h"
#include "base/text.h"

namespace steward::agent {
namespace {

constexpr std::uint64_t kTcpListen = 10;
constexpr std::uint64_t kUdpUnconnected = 7;
constexpr std::size_t kHexPerWord = 8;
constexpr std::uint64_t kPortsFrom = 32768;  // the kernel's default begin of the ports it hands out

// The kernel prints an address as 32-bit numbers of the machine's own byte order. False: no address.
bool AddressFromHex(std::string_view hex, std::array<unsigned char, 16>& bytes) {
  if (hex.size() != kHexPerWord && hex.size() != 4 * kHexPerWord) return false;
  for (std::size_t word = 0; word * kHexPerWord < hex.size(); ++word) {
    const std::optional<std::uint64_t> number = ParseHex(hex.substr(word * kHexPerWord, kHexPerWord));
    if (!number.has_value()) return false;
    const auto narrow = static_cast<std::uint32_t>(*number);
    std::memcpy(bytes.data() + word * sizeof(narrow), &narrow, sizeof(narrow));
  }
  return true;
}

bool IsLoopback(const std::array<unsigned char, 16>& bytes, bool is_ipv6) {
  if (!is_ipv6) return bytes[0] == 127;
  constexpr std::array<unsigned char, 16> kLoopback = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
  constexpr std::array<unsigned char, 13> kMappedLoopback = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 127};
  return bytes == kLoopback || std::equal(kMappedLoopback.begin(), kMappedLoopback.end(), bytes.begin());
}

std::string AddressText(const std::array<unsigned char, 16>& bytes, bool is_ipv6) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (::inet_ntop(is_ipv6 ? AF_INET6 : AF_INET, bytes.data(), text.data(), text.size()) == nullptr) return "";
  return is_ipv6 ? StrCat("[", text.data(), "]") : std::string(text.data());
}

// " 0: 0100007F:0035 00000000:0000 0A 00000000:00000000 00:00000000 00000000   101        0 17212 1 ..."
bool ParseLine(std::string_view line, std::string_view& local, std::uint64_t& state, Listener& listener) {
  std::string_view number, remote, state_text, skipped, uid, inode;
  if (!NextField(line, number) || !NextField(line, local) || !NextField(line, remote) || !NextField(line, state_text)) {
    return false;
  }
  for (int field = 0; field < 3; ++field) NextField(line, skipped);
  if (!NextField(line, uid) || !NextField(line, skipped) || !NextField(line, inode)) return false;
  const auto state_number = ParseHex(state_text);
  const auto uid_number = ParseUnsigned(uid);
  const auto inode_number = ParseUnsigned(inode);
  if (!state_number.has_value() || !uid_number.has_value() || !inode_number.has_value()) return false;
  state = *state_number;
  listener.uid = *uid_number;
  listener.inode = *inode_number;
  return true;
}

}  // namespace

absl::Status ParseListeners(std::string_view source, std::string_view text, std::vector<Listener>& listeners) {
  const bool is_tcp = source.starts_with("tcp");
  std::string_view line;
  NextLine(text, line);  // the heading
  while (NextLine(text, line)) {
    Listener listener;
    std::string_view local;
    std::uint64_t state = 0;
    if (!ParseLine(line, local, state, listener)) return Malformed(source, line);
    if (state != (is_tcp ? kTcpListen : kUdpUnconnected)) continue;
    const std::size_t colon = local.find(':');
    const std::string_view hex = local.substr(0, colon);
    const auto port = colon == std::string_view::npos ? std::nullopt : ParseHex(local.substr(colon + 1));
    std::array<unsigned char, 16> address{};
    if (!port.has_value() || !AddressFromHex(hex, address)) return Malformed(source, line);
    const bool is_ipv6 = hex.size() > kHexPerWord;
    if (IsLoopback(address, is_ipv6) || *port == 0 || listeners.size() >= kListenersMax) continue;
    listener.protocol = is_tcp ? "tcp" : "udp";
    listener.address = AddressText(address, is_ipv6);
    listener.port = *port;
    listeners.push_back(std::move(listener));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<Listener>> ReadListeners(Platform& platform) {
  std::vector<Listener> listeners;
  std::string text;
  for (const std::string_view source : {"tcp", "tcp6", "udp", "udp6"}) {
    const absl::Status status = platform.ReadFile(StrCat("/proc/net/", source), text);
    if (absl::IsNotFound(status) && source != "tcp") continue;  // a kernel without IPv6
    if (!status.ok()) return status;
    if (absl::Status parsed = ParseListeners(source, text, listeners); !parsed.ok()) return parsed;
  }
  std::uint64_t handed_out_from = kPortsFrom;
  if (platform.ReadFile("/proc/sys/net/ipv4/ip_local_port_range", text).ok()) {
    std::string_view range = text;
    handed_out_from = NextUnsigned(range).value_or(kPortsFrom);
  }
  std::erase_if(listeners, [&](const Listener& one) { return one.protocol == "udp" && one.port >= handed_out_from; });
  std::sort(listeners.begin(), listeners.end());
  const auto same = [](const Listener& left, const Listener& right) {
    return left.protocol == right.protocol && left.address == right.address && left.port == right.port;
  };
  listeners.erase(std::unique(listeners.begin(), listeners.end(), same), listeners.end());
  return listeners;
}

}  // namespace steward::agent
