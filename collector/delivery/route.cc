#include "collector/delivery/route.h"

#include <algorithm>

namespace steward::collector {
namespace {

bool Matches(const RouteConfig& route, const v1::Issue& issue, Severity reach) {
  return reach >= ParseSeverity(route.severity_min) && (route.party.empty() || route.party == issue.party()) &&
         (route.site.empty() || route.site == issue.site()) &&
         (route.machine_class.empty() || route.machine_class == issue.class_());
}

}  // namespace

std::function<std::vector<std::string>(const v1::Issue&, Severity)> MakeRouter(const Config& config) {
  std::vector<std::string> all;
  for (const ChannelConfig& channel : config.channels) all.push_back(channel.name);
  return [all = std::move(all), routes = config.routes](const v1::Issue& issue, Severity reach) {
    if (routes.empty()) return all;
    std::vector<std::string> channels;
    for (const RouteConfig& route : routes) {
      const bool there = std::find(channels.begin(), channels.end(), route.channel) != channels.end();
      if (!there && Matches(route, issue, reach)) channels.push_back(route.channel);
    }
    return channels;
  };
}

std::string DigestFor(const std::vector<RouteConfig>& routes, const std::string& channel, const v1::Issue& issue) {
  for (const Severity severity : {ParseSeverity(issue.severity()), Severity::kCritical}) {
    for (const RouteConfig& route : routes) {
      if (route.channel == channel && Matches(route, issue, severity)) return route.digest;
    }
  }
  return "";
}

}  // namespace steward::collector
