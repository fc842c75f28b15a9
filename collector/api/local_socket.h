// The collector's Unix socket, by which root and its own user reach it without a token.
#pragma once

#include <sys/types.h>

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "boost/asio/local/stream_protocol.hpp"

namespace steward::collector {

// Listens on `path`, mode 0600 from its first moment. A socket that a dead collector left is taken over: the caller holds the
// data directory's lock, so nobody listens there. Paths longer than a socket address takes are served through their folder.
// FailedPrecondition: something that is no socket is in the way; others from the system.
absl::Status ListenLocal(const std::string& path, boost::asio::local::stream_protocol::acceptor& acceptor);

// The user at the other end, by the kernel's word.
absl::StatusOr<uid_t> UserBehind(int socket);

}  // namespace steward::collector
