#include "base/endpoint_url.h"

#include <algorithm>

#include "base/text.h"

namespace steward {
namespace {

constexpr std::string_view kHelp =
    "; write tcp://host:port, tls://host:port, http://host/path, https://host/path, dns:name, dns://server/name, dns://*/name, icmp://host or icmp://*";
constexpr std::size_t kHostBytesMax = 253;

absl::Status Wrong(std::string_view text, std::string_view why) {
  return absl::InvalidArgumentError(StrCat("\"", text.substr(0, 100), "\" ", why, kHelp));
}

bool IsHost(std::string_view text) {
  return !text.empty() && text.size() <= kHostBytesMax && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '_' ||
           c == ':' || c == '%';
  });
}

bool IsPort(std::string_view text) {
  return !text.empty() && text.size() <= 5 && text.find_first_not_of("0123456789") == std::string_view::npos &&
         std::stoul(std::string(text)) - 1 < 65535;
}

// "host", "host:port", "[v6]:port". False: none of them.
bool Split(std::string_view authority, EndpointUrl& url) {
  std::string_view host = authority;
  std::string_view port;
  const std::size_t bracket = authority.find(']');
  const std::size_t colon = authority.rfind(':');
  if (authority.starts_with('[')) {
    if (bracket == std::string_view::npos) return false;
    host = authority.substr(1, bracket - 1);
    if (host.find(':') == std::string_view::npos) return false;
    port = authority.substr(bracket + 1);
    if (!port.empty() && !port.starts_with(':')) return false;
  } else if (colon != std::string_view::npos) {
    host = authority.substr(0, colon);
    port = authority.substr(colon);
    if (host.find(':') != std::string_view::npos) return false;
  }
  url.host = std::string(host);
  if (!port.empty()) url.port = std::string(port.substr(1));
  return IsHost(host) && (port.empty() || IsPort(url.port));
}

}  // namespace

std::string EndpointUrl::Authority() const {
  const bool v6 = host.find(':') != std::string::npos;
  return StrCat(v6 ? "[" : "", host, v6 ? "]" : "", port.empty() ? "" : ":", port);
}

absl::StatusOr<EndpointUrl> ParseEndpointUrl(std::string_view text) {
  EndpointUrl url;
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos) return Wrong(text, "has no scheme");
  url.scheme = std::string(text.substr(0, colon));
  std::string_view rest = text.substr(colon + 1);
  const bool has_authority = rest.starts_with("//");
  if (url.scheme == "dns" && !has_authority) {
    url.path = std::string(rest);
    return IsHost(rest) ? absl::StatusOr<EndpointUrl>(url) : Wrong(text, "names nothing to look up");
  }
  if (!has_authority) return Wrong(text, "has no // behind its scheme");
  rest.remove_prefix(2);
  const std::size_t end = std::min(rest.find_first_of("/?"), rest.size());
  const bool any_server = (url.scheme == "dns" || url.scheme == "icmp") && rest.substr(0, end) == kAnyServer;
  if (any_server) url.host = kAnyServer;
  else if (!Split(rest.substr(0, end), url)) return Wrong(text, "has no host, or no port from 1 to 65535");
  url.path = std::string(rest.substr(end));
  const bool printable = std::all_of(url.path.begin(), url.path.end(), [](char c) { return c > ' ' && c <= '~'; });
  if (!printable) return Wrong(text, "has characters that must be written as %XX");
  if (url.scheme == "http" || url.scheme == "https") {
    if (url.port.empty()) url.port = url.scheme == "http" ? "80" : "443";
    if (!url.path.starts_with('/')) url.path.insert(0, "/");
  } else if (url.scheme == "dns") {
    if (url.port.empty()) url.port = "53";
    url.path.erase(0, 1);
    if (!IsHost(url.path)) return Wrong(text, "names nothing to look up");
  } else if (url.scheme == "tcp" || url.scheme == "tls" || url.scheme == "icmp") {
    if (!url.path.empty() && url.path != "/") return Wrong(text, "has a path, which its scheme has no use for");
    url.path.clear();
    if (url.port.empty() != (url.scheme == "icmp")) return Wrong(text, url.port.empty() ? "has no port" : "has a port, which a ping has not");
  } else {
    return Wrong(text, "has a scheme that is not known");
  }
  return url;
}

}  // namespace steward
