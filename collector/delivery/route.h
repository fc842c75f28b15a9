// Which channels hear of an issue.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/mutex.h"
#include "collector/config/config.h"
#include "collector/rules/severity.h"
#include "steward/v1/management.pb.h"

namespace steward::collector {

// Takes copies of what it needs. `reach` is the worst severity of the issue's present episode, so that those who heard of
// its beginning hear of its end. Without any route every channel hears of every issue, but for those of people on
// duty; each channel at most once.
std::function<std::vector<std::string>(const v1::Issue& issue, Severity reach)> MakeRouter(const Config& config);

// How the channel's route for this issue wants it collected: RouteConfig.digest. Of several the first that names the channel
// and matches the issue; one that matches but for the severity, if it has fallen since.
std::string DigestFor(const std::vector<RouteConfig>& routes, const std::string& channel, const v1::Issue& issue);

// The routes in force: they change with the policy. Thread-safe.
class RouteTable {
 public:
  void Set(const Config& config);
  std::vector<std::string> ChannelsFor(const v1::Issue& issue, Severity reach) const;
  std::string Digest(const std::string& channel, const v1::Issue& issue) const;

 private:
  struct Routes {
    std::function<std::vector<std::string>(const v1::Issue&, Severity)> channels_for;
    std::vector<RouteConfig> routes;
  };
  std::shared_ptr<const Routes> Get() const;

  mutable Mutex mutex_;
  std::shared_ptr<const Routes> routes_ = std::make_shared<const Routes>();
};

}  // namespace steward::collector
