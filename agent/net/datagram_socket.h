// A datagram socket that is closed with its owner.
#pragma once

#include <sys/socket.h>
#include <unistd.h>

namespace steward::agent {

class DatagramSocket {
 public:
  explicit DatagramSocket(int family, int protocol = 0) : fd_(::socket(family, SOCK_DGRAM | SOCK_CLOEXEC, protocol)) {}
  ~DatagramSocket() {
    if (fd_ >= 0) ::close(fd_);
  }
  DatagramSocket(const DatagramSocket&) = delete;
  DatagramSocket& operator=(const DatagramSocket&) = delete;
  // Below 0: the system refused it, errno says why.
  int fd() const { return fd_; }

 private:
  const int fd_;
};

}  // namespace steward::agent
