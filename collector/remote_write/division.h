// How samples that a receiver refused are sent in smaller parts, until only those that it cannot take are left out.
//
// Prometheus answers 400 if a single sample is out of order or too old, and some versions then take none of the
// request. So a refused part is divided: by machine, so that one laptop's past costs nobody else; then by time, the
// older half first, since a newer sample sent first would put the older ones out of order; then by series. Of a moment
// of which two single series were refused and none was taken, the rest is given up unasked: it is refused as a whole.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "collector/remote_write/outgoing.h"

namespace steward::collector {

class Division {
 public:
  // `outgoing` is sorted and outlives the object; all of it is one part at first.
  explicit Division(const Outgoing& outgoing);

  // What to send next; none: all is done. The same until one of the calls below.
  std::optional<Part> Next();
  void Taken();
  // The receiver does not want something in it. True: it is a part that is given up, false: it was divided.
  bool Refused();
  // The receiver wants smaller requests. As above.
  bool TooLarge();

  // Parts of one moment each that were given up without being asked for, since the last call.
  std::vector<Part> TakeGivenUpUnasked();

 private:
  // What became of single samples of one moment of one machine.
  struct Moment {
    std::uint32_t machine = 0;
    std::int64_t time_ms = 0;
    std::size_t refused = 0;
    bool taken = false;
    bool probed = false;
  };

  bool IsOneMoment(Part part) const;
  bool IsHopeless(Part part) const;
  void DivideByMachine(Part part);
  void DivideByTime(Part part);
  void DivideMoment(Part part);

  const Outgoing& outgoing_;
  std::vector<Part> parts_;  // a stack
  Moment moment_;
  std::vector<Part> given_up_;
};

}  // namespace steward::collector
