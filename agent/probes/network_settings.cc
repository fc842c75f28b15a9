#include "agent/probes/network_settings.h"

#include <cstdint>
#include <optional>
#include <string_view>

#include "agent/probes/text.h"
#include "base/text.h"

namespace steward::agent {
namespace {

constexpr std::string_view kStub = "127.0.0.53";

// "0100A8C0" is 192.168.0.1: the kernel prints the bytes of the address as one little-endian number.
std::string Ipv4FromHex(std::string_view hex) {
  const std::optional<std::uint64_t> value = ParseHex(hex);
  if (!value.has_value() || hex.size() != 8) return "";
  return StrCat(*value & 0xFF, ".", (*value >> 8) & 0xFF, ".", (*value >> 16) & 0xFF, ".", (*value >> 24) & 0xFF);
}

std::vector<std::string> NameServersIn(Platform& platform, std::string_view path) {
  std::string text;
  std::vector<std::string> servers;
  if (!platform.ReadFile(path, text).ok()) return servers;
  std::string_view rest = text;
  std::string_view line;
  while (NextLine(rest, line)) {
    std::string_view word;
    if (NextField(line, word) && word == "nameserver" && NextField(line, word)) servers.emplace_back(word);
  }
  return servers;
}

}  // namespace

std::string DefaultGateway(Platform& platform) {
  std::string text;
  if (!platform.ReadFile("/proc/net/route", text).ok()) return "";
  std::string_view rest = text;
  std::string_view line;
  NextLine(rest, line);  // the heading
  while (NextLine(rest, line)) {
    std::string_view device;
    std::string_view destination;
    std::string_view gateway;
    if (!NextField(line, device) || !NextField(line, destination) || !NextField(line, gateway)) continue;
    if (destination == "00000000" && gateway != "00000000") return Ipv4FromHex(gateway);
  }
  return "";
}

std::vector<std::string> NameServers(Platform& platform) {
  std::vector<std::string> servers = NameServersIn(platform, "/etc/resolv.conf");
  if (servers.size() != 1 || servers.front() != kStub) return servers;
  std::vector<std::string> real = NameServersIn(platform, "/run/systemd/resolve/resolv.conf");
  return real.empty() ? servers : real;
}

}  // namespace steward::agent
