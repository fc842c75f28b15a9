// The services that the collector's policy gives this machine to look at.
#pragma once

#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace steward::agent {

struct Endpoint {
  std::string name;           // label of its series
  std::string url;            // base/endpoint_url.h
  std::string purpose = {};   // label of its series; empty: none
  std::string contains = {};  // what an http answer must have in it; empty: anything
};

// Thread-safe: the policy sets it, the probe reads it.
class EndpointList {
 public:
  void Set(std::vector<Endpoint> endpoints) {
    const std::scoped_lock lock(mutex_);
    endpoints_ = std::move(endpoints);
  }
  std::vector<Endpoint> Get() const {
    const std::scoped_lock lock(mutex_);
    return endpoints_;
  }

 private:
  mutable std::mutex mutex_;
  std::vector<Endpoint> endpoints_;
};

}  // namespace steward::agent
