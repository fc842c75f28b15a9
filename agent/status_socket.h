// <state>/agent.sock: how the commands talk to the running agent. One request a line, {"command":"status"}; one JSON line back.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "boost/asio/io_context.hpp"

namespace steward::agent {

class StatusSocket {
 public:
  // Called on the io_context.
  struct Commands {
    std::function<std::string()> status;  // "status": one line of JSON
    std::function<void()> look;           // "look": something was left in the state directory
  };
  // Mode 0600; an old socket file is replaced, so the state directory must be locked.
  static absl::StatusOr<std::unique_ptr<StatusSocket>> Listen(boost::asio::io_context& io,
                                                              const std::filesystem::path& state_directory,
                                                              Commands commands);
  virtual ~StatusSocket() = default;  // removes the file
};

// Asks the running agent. NotFound: none runs; PermissionDenied; Unavailable: it does not answer within 5 s.
absl::StatusOr<std::string> AskStatus(const std::filesystem::path& state_directory);
// Tells the running agent that there is something new for it in its directory. Errors as above.
absl::Status AskToLook(const std::filesystem::path& state_directory);

}  // namespace steward::agent
