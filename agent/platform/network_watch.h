// Tells when the machine's network has changed: a link, an address or a route came or went.
#pragma once

#include <functional>
#include <memory>

#include "boost/asio/any_io_executor.hpp"

namespace steward::agent {

// Watches until it is destroyed. It costs a wakeup for each change, so keep one only as long as changes matter.
class NetworkWatch {
 public:
  virtual ~NetworkWatch() = default;
};

// `changed` is called on the executor, several times for what a person would call one change. Destroy on the executor's
// thread. Null: the system does not tell.
std::unique_ptr<NetworkWatch> WatchNetwork(boost::asio::any_io_executor executor, std::function<void()> changed);

}  // namespace steward::agent
