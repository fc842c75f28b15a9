#include "base/service_manager.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>

#include "absl/strings/numbers.h"

namespace steward {
namespace {

std::string TakeVariable(const char* name) {
  const char* value = std::getenv(name);
  std::string text = value == nullptr ? "" : value;
  ::unsetenv(name);
  return text;
}

}  // namespace

ServiceManager::ServiceManager(boost::asio::io_context& io) : timer_(io), socket_(TakeVariable("NOTIFY_SOCKET")) {
  const std::string microseconds = TakeVariable("WATCHDOG_USEC");
  const std::string pid = TakeVariable("WATCHDOG_PID");
  std::int64_t number = 0;
  if (!pid.empty() && (!absl::SimpleAtoi(pid, &number) || number != ::getpid())) return;  // meant for another process
  if (absl::SimpleAtoi(microseconds, &number) && number > 0) watchdog_ = absl::Microseconds(number);
}

void ServiceManager::Ready() {
  Tell("READY=1");
  if (!socket_.empty() && watchdog_.has_value()) ScheduleSign();
}

void ServiceManager::Stopping() {
  timer_.cancel();
  watchdog_.reset();
  Tell("STOPPING=1");
}

void ServiceManager::ScheduleSign() {
  timer_.expires_after(absl::ToChronoNanoseconds(*watchdog_ / 2));
  timer_.async_wait([this](const boost::system::error_code& error) {
    if (error || !watchdog_.has_value()) return;
    Tell("WATCHDOG=1");
    ScheduleSign();
  });
}

void ServiceManager::Tell(const char* state) const {
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  if (socket_.empty() || socket_.size() >= sizeof address.sun_path) return;
  std::memcpy(address.sun_path, socket_.data(), socket_.size());
  if (socket_[0] == '@') address.sun_path[0] = '\0';  // a name that is in no folder
  const int fd = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return;
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + socket_.size());
  // Whether it arrived is systemd's care: it waits for the word, and starts us anew if it does not come.
  (void)!::sendto(fd, state, std::strlen(state), MSG_NOSIGNAL, reinterpret_cast<const sockaddr*>(&address), size);
  ::close(fd);
}

}  // namespace steward
