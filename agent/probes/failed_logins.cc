#include "agent/probes/failed_logins.h"

#include <arpa/inet.h>

#include <algorithm>
#include <optional>

#include "agent/platform/platform.h"
#include "agent/probes/text.h"

namespace steward::agent {
namespace {

constexpr absl::Duration kInterval = absl::Minutes(1);
constexpr absl::Duration kDeadline = absl::Seconds(20);
constexpr std::array<std::string_view, 3> kNames = {"inside", "outside", "console"};

constexpr Metric kFailed = {.name = "steward_failed_logins",
                            .help = "Log-ins that failed within the last hour, by where they came from."};
constexpr Metric kGreatest = {.name = "steward_failed_logins_greatest_source",
                              .help = "Log-ins that failed within the last hour from the address with the most."};
constexpr Metric kBurst = {.name = "steward_failed_logins_burst",
                           .help = "The most log-ins that failed from one address within two minutes of the last hour."};
constexpr Metric kGuesser = {.name = "steward_failed_logins_guesser",
                             .help = "The inside address with the most failed log-ins within the last hour, if 8 or more."};

bool IsInsideIpv4(std::uint32_t address) {
  const auto in = [&](std::uint32_t network, int bits) { return address >> (32 - bits) == network >> (32 - bits); };
  return in(0x0A000000, 8) || in(0xAC100000, 12) || in(0xC0A80000, 16) || in(0xA9FE0000, 16) || in(0x64400000, 10) ||
         in(0x7F000000, 8);
}

bool IsInsideIpv6(const in6_addr& address) {
  if (IN6_IS_ADDR_V4MAPPED(&address)) {
    const unsigned char* bytes = &address.s6_addr[12];
    return IsInsideIpv4(std::uint32_t{bytes[0]} << 24 | std::uint32_t{bytes[1]} << 16 | std::uint32_t{bytes[2]} << 8 | bytes[3]);
  }
  return IN6_IS_ADDR_LOOPBACK(&address) || IN6_IS_ADDR_LINKLOCAL(&address) || (address.s6_addr[0] & 0xFE) == 0xFC;
}

// The most of sorted `times` that fit into kLoginBurst.
std::int64_t Burst(const std::vector<std::int64_t>& times) {
  std::size_t first = 0;
  std::size_t most = 0;
  for (std::size_t last = 0; last < times.size(); ++last) {
    while (times[last] - times[first] > absl::ToInt64Seconds(kLoginBurst)) ++first;
    most = std::max(most, last - first + 1);
  }
  return static_cast<std::int64_t>(most);
}

class FailedLoginsProbe final : public Probe {
 public:
  explicit FailedLoginsProbe(Platform& platform) : platform_(platform) {}
  std::string_view name() const override { return "failed_logins"; }
  absl::Duration slow_interval() const override { return kInterval; }

  absl::Status Collect(SampleSink& sink) override {
    const absl::StatusOr<std::string> lines = platform_.RunTool(Tool::kFailedLogins, kDeadline);
    if (!lines.ok()) return lines.status();
    const auto counts = CountFailedLogins(*lines);
    for (std::size_t source = 0; source < counts.size(); ++source) {
      const LabelView labels[] = {{"source", kNames[source]}};
      sink.Add(kFailed, labels, counts[source].all);
      sink.Add(kGreatest, labels, counts[source].greatest);
      sink.Add(kBurst, labels, counts[source].in_a_burst);
    }
    const FailedLoginCounts& inside = counts[static_cast<std::size_t>(LoginSource::kInside)];
    if (inside.greatest >= kGuessing) sink.Add(kGuesser, {{"address", inside.greatest_address}}, inside.greatest);
    return absl::OkStatus();
  }

 private:
  Platform& platform_;
};

}  // namespace

LoginSource SourceOf(std::string_view address) {
  if (address.empty()) return LoginSource::kConsole;
  const std::string text(address);
  in_addr ipv4{};
  in6_addr ipv6{};
  if (::inet_pton(AF_INET, text.c_str(), &ipv4) == 1) {
    return IsInsideIpv4(ntohl(ipv4.s_addr)) ? LoginSource::kInside : LoginSource::kOutside;
  }
  if (::inet_pton(AF_INET6, text.c_str(), &ipv6) == 1) return IsInsideIpv6(ipv6) ? LoginSource::kInside : LoginSource::kOutside;
  return LoginSource::kOutside;
}

std::array<FailedLoginCounts, 3> CountFailedLogins(std::string_view lines) {
  std::map<std::string_view, std::vector<std::int64_t>> times;  // by address
  std::string_view line;
  while (NextLine(lines, line)) {
    std::string_view seconds_text, account;
    if (!NextPart(line, '\t', seconds_text) || !NextPart(line, '\t', account)) continue;
    const std::optional<std::uint64_t> seconds = ParseUnsigned(seconds_text);
    if (!seconds.has_value() || *seconds > (std::uint64_t{1} << 40)) continue;
    times[line].push_back(static_cast<std::int64_t>(*seconds));
  }
  std::array<FailedLoginCounts, 3> counts;
  for (auto& [address, of_address] : times) {
    std::sort(of_address.begin(), of_address.end());
    FailedLoginCounts& count = counts[static_cast<std::size_t>(SourceOf(address))];
    const auto number = static_cast<std::int64_t>(of_address.size());
    count.all += number;
    count.in_a_burst = std::max(count.in_a_burst, Burst(of_address));
    if (number <= count.greatest) continue;
    count.greatest = number;
    count.greatest_address = std::string(address);
  }
  return counts;
}

std::unique_ptr<Probe> MakeFailedLoginsProbe(Platform& platform) { return std::make_unique<FailedLoginsProbe>(platform); }

}  // namespace steward::agent
