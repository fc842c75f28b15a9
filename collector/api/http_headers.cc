// What the router asks of header fields that come from outside.
#include <algorithm>
#include <charconv>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_split.h"
#include "base/text.h"
#include "boost/asio/ip/address.hpp"
#include "collector/api/http_router.h"

namespace steward::collector {
namespace {

bool IsHostCharacter(char c) {
  return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '-' || c == '.' || c == '_';
}

// The host without port and brackets.
std::string_view HostName(std::string_view host) {
  if (host.starts_with('[')) return host.substr(1, host.find(']') - 1);
  return host.substr(0, host.find(':'));
}

}  // namespace

bool AcceptsGzip(std::string_view accept_encoding) {
  for (const absl::string_view part : absl::StrSplit(ToAbsl(accept_encoding), ',')) {
    const std::pair<absl::string_view, absl::string_view> split = absl::StrSplit(part, absl::MaxSplits(';', 1));
    const absl::string_view coding = absl::StripAsciiWhitespace(split.first);
    if (!absl::EqualsIgnoreCase(coding, "gzip") && !absl::EqualsIgnoreCase(coding, "x-gzip")) continue;
    absl::string_view weight = absl::StripAsciiWhitespace(split.second);
    if (weight.empty()) return true;
    if (!absl::StartsWithIgnoreCase(weight, "q=")) return false;
    weight.remove_prefix(2);
    return std::any_of(weight.begin(), weight.end(), [](char c) { return c >= '1' && c <= '9'; });
  }
  return false;
}

bool IsHostHeader(std::string_view host) {
  if (host.empty() || host.size() > 255) return false;
  std::size_t end = 0;
  if (host.front() == '[') {
    end = host.find(']');
    if (end == std::string_view::npos) return false;
    boost::system::error_code error;
    boost::asio::ip::make_address_v6(std::string(host.substr(1, end - 1)), error);
    if (error) return false;
    ++end;
  } else {
    while (end < host.size() && IsHostCharacter(host[end])) ++end;
    if (end == 0) return false;
  }
  if (end == host.size()) return true;
  const std::string_view port = host.substr(end + 1);
  unsigned number = 0;
  const auto [stop, error] = std::from_chars(port.data(), port.data() + port.size(), number);
  return host[end] == ':' && error == std::errc() && stop == port.data() + port.size() && number <= 65535;
}

bool IsOwnHost(std::string_view host, std::string_view host_name) {
  if (!IsHostHeader(host)) return false;
  const std::string name = absl::AsciiStrToLower(ToAbsl(HostName(host)));
  boost::system::error_code error;
  boost::asio::ip::make_address(name, error);
  return !error || name == "localhost" || name.ends_with(".localhost") ||
         (!host_name.empty() && name == absl::AsciiStrToLower(ToAbsl(host_name)));
}

}  // namespace steward::collector
