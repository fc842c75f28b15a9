#include "collector/delivery/route.h"

#include <algorithm>
#include <utility>

namespace steward::collector {
namespace {

bool Matches(const RouteConfig& route, const v1::Issue& issue, Severity reach) {
  return reach >= ParseSeverity(route.severity_min) && (route.party.empty() || route.party == issue.party()) &&
         (route.site.empty() || route.site == issue.site()) &&
         (route.machine_class.empty() || route.machine_class == issue.class_());
}

// Of a person, or the address when nobody is there: told of what is theirs, not of everything.
bool IsForDuty(const PolicyConfig& policy, const std::string& channel) {
  return std::any_of(policy.people.begin(), policy.people.end(), [&](const PersonConfig& p) { return p.channel == channel; }) ||
         std::any_of(policy.parties.begin(), policy.parties.end(), [&](const auto& p) { return p.second.fallback == channel; });
}

}  // namespace

std::function<std::vector<std::string>(const v1::Issue&, Severity)> MakeRouter(const Config& config) {
  std::vector<std::string> all;
  for (const ChannelConfig& channel : config.channels) {
    if (!IsForDuty(config.policy, channel.name)) all.push_back(channel.name);
  }
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

void RouteTable::Set(const Config& config) {
  auto routes = std::make_shared<const Routes>(Routes{MakeRouter(config), config.routes});
  const MutexLock lock(&mutex_);
  routes_ = std::move(routes);
}

std::shared_ptr<const RouteTable::Routes> RouteTable::Get() const {
  const MutexLock lock(&mutex_);
  return routes_;
}

std::vector<std::string> RouteTable::ChannelsFor(const v1::Issue& issue, Severity reach) const {
  const auto routes = Get();
  return routes->channels_for ? routes->channels_for(issue, reach) : std::vector<std::string>();
}

std::string RouteTable::Digest(const std::string& channel, const v1::Issue& issue) const {
  return DigestFor(Get()->routes, channel, issue);
}

}  // namespace steward::collector
