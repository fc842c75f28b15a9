#include "collector/remote_write/division.h"

#include <utility>

namespace steward::collector {
namespace {

constexpr std::size_t kSinglesUntilHopeless = 2;

}  // namespace

Division::Division(const Outgoing& outgoing) : outgoing_(outgoing) {
  if (!outgoing.empty()) parts_.push_back({0, outgoing.size()});
}

bool Division::IsOneMoment(Part part) const {
  const OutgoingSample& first = outgoing_.at(part.begin);
  const OutgoingSample& last = outgoing_.at(part.end - 1);
  return first.machine == last.machine && first.time_ms == last.time_ms;
}

bool Division::IsHopeless(Part part) const {
  const OutgoingSample& first = outgoing_.at(part.begin);
  return moment_.probed && !moment_.taken && moment_.refused >= kSinglesUntilHopeless && IsOneMoment(part) &&
         first.machine == moment_.machine && first.time_ms == moment_.time_ms;
}

std::optional<Part> Division::Next() {
  while (!parts_.empty() && IsHopeless(parts_.back())) {
    given_up_.push_back(parts_.back());
    parts_.pop_back();
  }
  if (parts_.empty()) return std::nullopt;
  return parts_.back();
}

void Division::Taken() {
  moment_.taken = true;  // of another moment: that does not ask
  parts_.pop_back();
}

bool Division::Refused() {
  const Part part = parts_.back();
  parts_.pop_back();
  if (part.size() == 1) {
    ++moment_.refused;
    return true;
  }
  if (outgoing_.at(part.begin).machine != outgoing_.at(part.end - 1).machine) {
    DivideByMachine(part);
  } else if (!IsOneMoment(part)) {
    DivideByTime(part);
  } else {
    DivideMoment(part);
  }
  return false;
}

bool Division::TooLarge() {
  const Part part = parts_.back();
  parts_.pop_back();
  if (part.size() == 1) return true;
  const std::size_t middle = part.begin + part.size() / 2;
  parts_.push_back({middle, part.end});
  parts_.push_back({part.begin, middle});
  return false;
}

std::vector<Part> Division::TakeGivenUpUnasked() { return std::exchange(given_up_, {}); }

void Division::DivideByMachine(Part part) {
  for (std::size_t end = part.end; end > part.begin;) {
    std::size_t begin = end - 1;
    while (begin > part.begin && outgoing_.at(begin - 1).machine == outgoing_.at(begin).machine) --begin;
    parts_.push_back({begin, end});
    end = begin;
  }
}

void Division::DivideByTime(Part part) {
  std::size_t cut = part.begin + part.size() / 2;
  while (cut > part.begin && outgoing_.at(cut - 1).time_ms == outgoing_.at(cut).time_ms) --cut;
  if (cut == part.begin) {  // the first moment is the larger half
    while (outgoing_.at(cut).time_ms == outgoing_.at(part.begin).time_ms) ++cut;
  }
  parts_.push_back({cut, part.end});
  parts_.push_back({part.begin, cut});
}

void Division::DivideMoment(Part part) {
  const OutgoingSample& first = outgoing_.at(part.begin);
  const bool probed = moment_.probed && moment_.machine == first.machine && moment_.time_ms == first.time_ms;
  if (probed || part.size() < 3) {
    const std::size_t middle = part.begin + part.size() / 2;
    parts_.push_back({middle, part.end});
    parts_.push_back({part.begin, middle});
    return;
  }
  moment_ = {.machine = first.machine, .time_ms = first.time_ms, .refused = 0, .taken = false, .probed = true};
  parts_.push_back({part.begin + 1, part.end - 1});
  parts_.push_back({part.end - 1, part.end});
  parts_.push_back({part.begin, part.begin + 1});
}

}  // namespace steward::collector
