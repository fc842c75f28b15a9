#include "agent/platform/network_watch.h"

#include <linux/rtnetlink.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <utility>

#include "boost/asio/buffer.hpp"
#include "boost/asio/posix/stream_descriptor.hpp"

namespace steward::agent {
namespace {

namespace asio = boost::asio;

constexpr unsigned kGroups =
    RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV4_ROUTE | RTMGRP_IPV6_IFADDR | RTMGRP_IPV6_ROUTE;

class NetlinkWatch final : public NetworkWatch {
 public:
  NetlinkWatch(asio::any_io_executor executor, int fd, std::function<void()> changed)
      : socket_(std::move(executor), fd), changed_(std::move(changed)) {
    Read();
  }
  ~NetlinkWatch() override { *alive_ = false; }

 private:
  void Read() {
    // What has changed does not matter, that something did is enough; a message cut short or lost (ENOBUFS) says it,
    // too.
    socket_.async_read_some(asio::buffer(message_),
                            [this, alive = alive_](const boost::system::error_code& error, std::size_t) {
                              if (!*alive || error == asio::error::operation_aborted) return;
                              if (error && error != asio::error::no_buffer_space) return;
                              Read();
                              changed_();
                            });
  }

  asio::posix::stream_descriptor socket_;
  const std::function<void()> changed_;
  std::array<char, 4096> message_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace

std::unique_ptr<NetworkWatch> WatchNetwork(asio::any_io_executor executor, std::function<void()> changed) {
  const int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE);
  if (fd < 0) return nullptr;
  sockaddr_nl address = {};
  address.nl_family = AF_NETLINK;
  address.nl_groups = kGroups;
  if (bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0) {
    close(fd);
    return nullptr;
  }
  return std::make_unique<NetlinkWatch>(std::move(executor), fd, std::move(changed));
}

}  // namespace steward::agent
