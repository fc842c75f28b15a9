// What systemd is told about this program, when it is systemd that started it: one datagram each to $NOTIFY_SOCKET.
#pragma once

#include <optional>
#include <string>

#include "absl/time/time.h"
#include "boost/asio/io_context.hpp"
#include "boost/asio/steady_timer.hpp"

namespace steward {

// On the thread of `io`. Started by anything else, or when systemd does not listen: does nothing, and is no error.
class ServiceManager {
 public:
  // Takes NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID out of the environment, so that no child speaks in our name.
  explicit ServiceManager(boost::asio::io_context& io);

  // The program is at work. From now on `io` gives a sign of life twice in each watchdog time: if it is stuck, there is none
  // and systemd starts the program anew.
  void Ready();
  // It is about to end: no more signs of life.
  void Stopping();

 private:
  void Tell(const char* state) const;
  void ScheduleSign();

  boost::asio::steady_timer timer_;  // real time, as systemd's
  std::string socket_;               // empty: nobody to tell
  std::optional<absl::Duration> watchdog_;
};

}  // namespace steward
