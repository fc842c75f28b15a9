// A clock that stands still until a test moves it.
#pragma once

#include <cstdint>
#include <map>
#include <memory>

#include "absl/base/thread_annotations.h"
#include "base/clock.h"
#include "base/mutex.h"

namespace steward {

class ManualClock final : public Clock {
 public:
  explicit ManualClock(absl::Time wall, absl::Duration boot = absl::Hours(1));
  ~ManualClock() override;

  absl::Time WallNow() const override;
  absl::Duration BootNow() const override;
  std::unique_ptr<Timer> NewTimer(boost::asio::any_io_executor executor) override;

  // Moves both clocks and posts the handlers that fall due, in order of their time, ties in order of their start.
  // A handler that starts a timer within the span is served by the next Advance.
  void Advance(absl::Duration by);
  // Steps the wall clock alone, as a person or NTP does.
  void SetWall(absl::Time wall);
  // How long until the next timer; InfiniteDuration if none waits.
  absl::Duration UntilNextTimer() const;

 private:
  class ManualTimer;
  struct Waiting;
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace steward
