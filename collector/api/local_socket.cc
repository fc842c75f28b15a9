#include "collector/api/local_socket.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>

#include "absl/status/status.h"
#include "base/text.h"

namespace steward::collector {
namespace {

absl::Status RemoveStale(const std::string& path) {
  struct stat state {};
  if (lstat(path.c_str(), &state) != 0) {
    return errno == ENOENT ? absl::OkStatus() : absl::ErrnoToStatus(errno, StrCat("local socket ", path));
  }
  if (!S_ISSOCK(state.st_mode)) {
    return absl::FailedPreconditionError(
        StrCat(path, " is in the way of the local socket and is not a socket: move it away"));
  }
  if (unlink(path.c_str()) != 0) return absl::ErrnoToStatus(errno, StrCat("local socket ", path));
  return absl::OkStatus();
}

}  // namespace

absl::Status ListenLocal(const std::string& path, boost::asio::local::stream_protocol::acceptor& acceptor) {
  if (absl::Status removed = RemoveStale(path); !removed.ok()) return removed;
  const std::filesystem::path folder = std::filesystem::path(path).parent_path();
  const int folder_fd = open(folder.empty() ? "." : folder.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (folder_fd < 0) return absl::ErrnoToStatus(errno, StrCat("local socket ", path));
  const std::string address = path.size() < sizeof(sockaddr_un{}.sun_path)
                                  ? path
                                  : StrCat("/proc/self/fd/", folder_fd, "/", path.substr(path.rfind('/') + 1));
  boost::system::error_code error;
  acceptor.open(boost::asio::local::stream_protocol(), error);
  // Linux gives the file the mode of the socket: there is no moment in which others could connect.
  if (!error && fchmod(acceptor.native_handle(), 0600) != 0) error.assign(errno, boost::system::system_category());
  if (!error) acceptor.bind(boost::asio::local::stream_protocol::endpoint(address), error);
  if (!error) acceptor.listen(boost::asio::socket_base::max_listen_connections, error);
  close(folder_fd);
  if (error) return absl::ErrnoToStatus(error.value(), StrCat("local socket ", path));
  return absl::OkStatus();
}

absl::StatusOr<uid_t> UserBehind(int socket) {
  ucred peer{};
  socklen_t size = sizeof peer;
  if (getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) {
    return absl::ErrnoToStatus(errno, "local socket: who is there");
  }
  return peer.uid;
}

}  // namespace steward::collector
