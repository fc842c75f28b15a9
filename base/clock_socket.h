// The test socket of `--clock unix:PATH`: a program's time, moved from outside.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "base/manual_clock.h"
#include "boost/asio/io_context.hpp"

namespace steward {

// Listens on a Unix socket (mode 0600, removed at the end) and serves one client after the other. Each line is a command:
//   advance 15s           moves wall and boot clock and fires the timers that fall due, one due time after the other
//   wall 2026-01-01T00:00:00Z   steps the wall clock alone
//   now                   changes nothing
// Each is answered by one line: "ok wall=RFC3339 boot=SECONDS", or "error WHAT". The answer to `advance` comes after the
// handlers were run.
class ClockSocket {
 public:
  // `io` is the context on which the program's timers fire. InvalidArgument: PATH too long; others from the system.
  static absl::StatusOr<std::unique_ptr<ClockSocket>> Listen(boost::asio::io_context& io, ManualClock& clock,
                                                             const std::string& path);
  virtual ~ClockSocket() = default;
};

// The clock a program runs on: the system's when `option` is empty, else a manual one that starts at the system's time,
// served by `socket`. FailedPrecondition unless the environment has STEWARD_TEST=1; InvalidArgument: not unix:PATH.
absl::StatusOr<std::unique_ptr<Clock>> MakeClock(std::string_view option, boost::asio::io_context& io,
                                                 std::unique_ptr<ClockSocket>& socket);

}  // namespace steward
