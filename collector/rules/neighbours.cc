#include "collector/rules/neighbours.h"

#include <linux/neighbour.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstring>

namespace steward::collector {
namespace {

constexpr timeval kAnswerWithin = {1, 0};

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }

 private:
  int fd_;
};

// A copy, so that alignment is no matter.
template <typename T>
bool Read(const char* data, std::size_t size, T& out) {
  if (size < sizeof(T)) return false;
  std::memcpy(&out, data, sizeof(T));
  return true;
}

bool IsAddress(const boost::asio::ip::address& address, const char* data, std::size_t size) {
  if (address.is_v4()) {
    const auto bytes = address.to_v4().to_bytes();
    return size == bytes.size() && std::memcmp(data, bytes.data(), size) == 0;
  }
  const auto bytes = address.to_v6().to_bytes();
  return size == bytes.size() && std::memcmp(data, bytes.data(), size) == 0;
}

// One entry of the table, without its netlink header.
std::optional<absl::Duration> ConfirmedAgo(const boost::asio::ip::address& address, const char* data, std::size_t size) {
  ndmsg head{};
  if (!Read(data, size, head) || (head.ndm_state & NUD_REACHABLE) == 0) return std::nullopt;
  bool same = false;
  std::optional<absl::Duration> ago;
  for (std::size_t at = NLMSG_ALIGN(sizeof(head)); at < size;) {
    rtattr attribute{};
    if (!Read(data + at, size - at, attribute) || attribute.rta_len < sizeof(attribute) || attribute.rta_len > size - at) break;
    const char* payload = data + at + sizeof(attribute);
    const std::size_t length = attribute.rta_len - sizeof(attribute);
    if (attribute.rta_type == NDA_DST) same = IsAddress(address, payload, length);
    if (nda_cacheinfo info{}; attribute.rta_type == NDA_CACHEINFO && Read(payload, length, info)) {
      ago = absl::Seconds(static_cast<double>(info.ndm_confirmed) / static_cast<double>(sysconf(_SC_CLK_TCK)));
    }
    at += (attribute.rta_len + 3U) & ~std::size_t{3};
  }
  return same ? ago : std::nullopt;
}

}  // namespace

std::optional<absl::Duration> NeighbourConfirmedAgo(const boost::asio::ip::address& address) {
  const Descriptor fd(socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE));
  if (fd.get() < 0) return std::nullopt;
  setsockopt(fd.get(), SOL_SOCKET, SO_RCVTIMEO, &kAnswerWithin, sizeof(kAnswerWithin));
  struct {
    nlmsghdr header;
    ndmsg message;
  } request{};
  request.header.nlmsg_len = sizeof(request);
  request.header.nlmsg_type = RTM_GETNEIGH;
  request.header.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
  request.message.ndm_family = address.is_v4() ? AF_INET : AF_INET6;
  if (send(fd.get(), &request, sizeof(request), 0) < 0) return std::nullopt;

  std::optional<absl::Duration> found;
  std::array<char, 32768> buffer{};
  while (true) {
    const ssize_t received = recv(fd.get(), buffer.data(), buffer.size(), 0);
    if (received <= 0) return found;
    const auto size = static_cast<std::size_t>(received);
    for (std::size_t at = 0; at < size;) {
      nlmsghdr header{};
      if (!Read(buffer.data() + at, size - at, header) || header.nlmsg_len < sizeof(header) || header.nlmsg_len > size - at) {
        return found;
      }
      if (header.nlmsg_type == NLMSG_DONE || header.nlmsg_type == NLMSG_ERROR) return found;
      if (header.nlmsg_type == RTM_NEWNEIGH) {
        const auto ago = ConfirmedAgo(address, buffer.data() + at + sizeof(header), header.nlmsg_len - sizeof(header));
        if (ago && (!found || *ago < *found)) found = ago;
      }
      at += (header.nlmsg_len + 3U) & ~std::size_t{3};
    }
  }
}

}  // namespace steward::collector
