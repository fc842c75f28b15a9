// <state>/agent.sock: answers `steward-agent status`. One request a line, {"command":"status"}; one JSON line back.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "boost/asio/io_context.hpp"

namespace steward::agent {

class StatusSocket {
 public:
  // Mode 0600; an old socket file is replaced, so the state directory must be locked. `status` is called on `io`.
  static absl::StatusOr<std::unique_ptr<StatusSocket>> Listen(boost::asio::io_context& io,
                                                              const std::filesystem::path& state_directory,
                                                              std::function<std::string()> status);
  virtual ~StatusSocket() = default;  // removes the file
};

// Asks the running agent. NotFound: none runs; PermissionDenied; Unavailable: it does not answer within 5 s.
absl::StatusOr<std::string> AskStatus(const std::filesystem::path& state_directory);

}  // namespace steward::agent
