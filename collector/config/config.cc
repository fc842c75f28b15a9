#include "collector/config/config.h"

#include "base/text.h"

namespace steward::collector {
bool HostPort::IsLoopback() const { return host == "localhost" || host == "::1" || host.starts_with("127."); }

bool HostPort::IsWildcard() const { return host == "0.0.0.0" || host == "::"; }

std::string HostPort::ToString() const {
  return host.find(':') != std::string::npos ? StrCat("[", host, "]:", port) : StrCat(host, ":", port);
}

int SeverityRank(std::string_view severity) {
  if (severity == "low") return 0;
  if (severity == "medium") return 1;
  if (severity == "high") return 2;
  if (severity == "critical") return 3;
  return -1;
}

}  // namespace steward::collector
