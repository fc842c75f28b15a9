// A connection to a service, step by step, each within what is left of one deadline. Waits: not on the sampling path.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace steward::agent {

struct HttpAnswer {
  int status = 0;
  std::string body;
};

class Connection {
 public:
  explicit Connection(absl::Duration deadline);
  ~Connection();

  // In this order. Errors: DeadlineExceeded, else Unavailable with what the system says. After an error there is no next step.
  // Looks the host up; a dead name server may hold the caller for some seconds longer than the deadline.
  absl::Status Resolve(const std::string& host, const std::string& port);
  absl::Status Connect();
  // TLS 1.2 or newer. PermissionDenied: the certificate is not of this host, has ended, or no authority of this machine vouches
  // for it.
  absl::Status Secure(const std::string& host);
  // GET of `path`, no redirects followed; `authority` is host[:port] as the URL has it. ResourceExhausted: the body has more than
  // `bytes_max`; 0: it is not read.
  absl::StatusOr<HttpAnswer> Get(const std::string& authority, const std::string& path, std::size_t bytes_max);

  // Of the certificate that Secure saw, trusted or not.
  std::optional<absl::Time> certificate_not_after() const;

 private:
  struct Parts;
  const std::unique_ptr<Parts> parts_;
};

}  // namespace steward::agent
