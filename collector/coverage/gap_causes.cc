#include "collector/coverage/gap_causes.h"

#include <algorithm>
#include <utility>

namespace steward::collector {
namespace {

// From boot to the agent's first batch: longer, and it was not the boot that took so long.
constexpr std::int64_t kBootMs = 5 * 60'000;

struct Part {
  std::int64_t from_ms = 0;
  std::int64_t to_ms = 0;
  std::optional<CoverageCause> cause;  // none: events say nothing
  bool firm = false;                   // by the machine's own word, not by inference
};

// Cuts the gap where events fall. One thought at a time: `open_` is what holds since `since_ms_`.
class EventWalk {
 public:
  explicit EventWalk(const Gap& gap) : since_ms_(gap.from_ms), open_(gap.cause), firm_(gap.cause.has_value()) {}

  void Take(std::int64_t ms, v1::MachineEvent::Kind kind) {
    switch (kind) {
      case v1::MachineEvent::AGENT_STOPPED:
        // A shutdown stops the agent too.
        if (open_ != v1::COVERAGE_CAUSE_OFF) Begin(ms, v1::COVERAGE_CAUSE_AGENT_STOPPED);
        break;
      case v1::MachineEvent::MACHINE_SHUTTING_DOWN:
      case v1::MachineEvent::MACHINE_RESTARTING:
        Begin(ms, v1::COVERAGE_CAUSE_OFF);
        break;
      case v1::MachineEvent::SUSPENDING:
        Begin(ms, v1::COVERAGE_CAUSE_ASLEEP);
        break;
      case v1::MachineEvent::RESUMED:
        Settle(ms, v1::COVERAGE_CAUSE_ASLEEP, true);
        break;
      case v1::MachineEvent::MACHINE_BOOTED:
        if (open_ == v1::COVERAGE_CAUSE_ASLEEP) open_.reset();  // it never woke: the battery was empty
        Settle(ms, v1::COVERAGE_CAUSE_OFF, true);
        booted_ = true;
        break;
      case v1::MachineEvent::AGENT_STARTED: {
        const bool boot = booted_ && ms - since_ms_ <= kBootMs;
        Settle(ms, boot ? v1::COVERAGE_CAUSE_OFF : v1::COVERAGE_CAUSE_AGENT_STOPPED, boot);
        break;
      }
      default:
        break;
    }
  }

  std::vector<Part> End(std::int64_t ms) {
    Cut(ms);
    return std::move(parts_);
  }

 private:
  void Cut(std::int64_t ms) {
    if (ms > since_ms_) parts_.push_back({since_ms_, ms, open_, firm_});
    since_ms_ = ms;
    booted_ = false;
  }
  // From now on, until the next word.
  void Begin(std::int64_t ms, CoverageCause cause) {
    Cut(ms);
    open_ = cause;
    firm_ = true;
  }
  // Up to now, unless something had begun; from now on nothing is known.
  void Settle(std::int64_t ms, CoverageCause cause, bool firm) {
    if (!open_) {
      open_ = cause;
      firm_ = firm;
    }
    Cut(ms);
    open_.reset();
    firm_ = false;
  }

  std::int64_t since_ms_;
  std::optional<CoverageCause> open_;
  bool firm_;
  bool booted_ = false;  // at since_ms_
  std::vector<Part> parts_;
};

std::vector<Part> CutByEvents(const Gap& gap, absl::Span<const MachineEventRecord> events) {
  EventWalk walk(gap);
  for (const MachineEventRecord& event : events) {
    const std::int64_t ms = absl::ToUnixMillis(event.time);
    // A goodbye is told by the batch before the gap, a start by the one behind it.
    const bool within =
        IsGoodbye(event.kind) ? ms >= gap.from_ms && ms < gap.to_ms : ms > gap.from_ms && ms <= gap.to_ms;
    if (within) walk.Take(ms, event.kind);
  }
  return walk.End(gap.to_ms);
}

CoverageCause WithoutEvents(const Gap& gap) {
  if (!gap.after) return v1::COVERAGE_CAUSE_UNKNOWN;
  if (gap.before && gap.before->epoch == gap.after->epoch) {
    if (gap.after->sequence == gap.before->sequence + 1) return v1::COVERAGE_CAUSE_ASLEEP;
    return gap.after->sequence > gap.before->sequence ? v1::COVERAGE_CAUSE_LINK_DOWN : v1::COVERAGE_CAUSE_UNKNOWN;
  }
  return gap.after->sequence > 1 ? v1::COVERAGE_CAUSE_LINK_DOWN : v1::COVERAGE_CAUSE_UNKNOWN;
}

// The part of the gap that these batches would have filled; empty (to not after from): none of it.
std::pair<std::int64_t, std::int64_t> PlaceOf(const GivenUp& batches, const Gap& gap, std::int64_t interval_ms) {
  const bool behind = gap.before && batches.epoch == gap.before->epoch && batches.range.first > gap.before->sequence;
  const bool ahead = gap.after && batches.epoch == gap.after->epoch && batches.range.last < gap.after->sequence;
  std::int64_t from = gap.to_ms, to = gap.from_ms;
  if (behind && ahead) {  // the missing ones fill the gap evenly
    const double step =
        static_cast<double>(gap.to_ms - gap.from_ms) / static_cast<double>(gap.after->sequence - gap.before->sequence);
    const auto at = [&](std::uint64_t sequence) {
      return gap.from_ms + static_cast<std::int64_t>(step * static_cast<double>(sequence - gap.before->sequence));
    };
    from = at(batches.range.first - 1);
    to = batches.range.last + 1 == gap.after->sequence ? gap.to_ms : at(batches.range.last);
  } else if (batches.from_ms && batches.to_ms) {
    from = *batches.from_ms;
    to = *batches.to_ms;
  } else if (behind || ahead) {  // at their interval from the end of which they are
    const auto times = [&](std::uint64_t count) {
      const double ms = static_cast<double>(count) * static_cast<double>(interval_ms);
      return static_cast<std::int64_t>(std::min(ms, static_cast<double>(gap.to_ms - gap.from_ms)));
    };
    from = behind ? gap.from_ms + times(batches.range.first - 1 - gap.before->sequence)
                  : gap.to_ms - times(gap.after->sequence - batches.range.first);
    to = behind ? gap.from_ms + times(batches.range.last - gap.before->sequence)
                : gap.to_ms - times(gap.after->sequence - 1 - batches.range.last);
  }
  return {std::clamp(from, gap.from_ms, gap.to_ms), std::clamp(to, gap.from_ms, gap.to_ms)};
}

// What is not firm between `from` and `to` gets this cause.
std::vector<Part> Replaced(const std::vector<Part>& parts, std::int64_t from, std::int64_t to, CoverageCause cause) {
  std::vector<Part> cut;
  for (const Part& part : parts) {
    const std::int64_t begin = std::max(part.from_ms, from), end = std::min(part.to_ms, to);
    if (part.firm || begin >= end) {
      cut.push_back(part);
      continue;
    }
    if (part.from_ms < begin) cut.push_back({part.from_ms, begin, part.cause, false});
    cut.push_back({begin, end, cause, true});
    if (end < part.to_ms) cut.push_back({end, part.to_ms, part.cause, false});
  }
  return cut;
}

// Batches that were given up were sampled: the agent ran then, whatever was inferred.
std::vector<Part> CutByGivenUp(std::vector<Part> parts, const Gap& gap, const GapEvidence& evidence) {
  for (const GivenUp& batches : evidence.given_up) {
    const auto [from, to] = PlaceOf(batches, gap, evidence.interval_ms);
    if (from < to) parts = Replaced(parts, from, to, batches.cause);
  }
  return parts;
}

// What the agents still held they have given back, and then it is no gap. Nor was anything lost of a machine that has not
// been heard since, as far as can be told, or of one whose batches follow each other.
std::vector<Part> CutByRestored(std::vector<Part> parts, const Gap& gap, const GapEvidence& evidence) {
  if (!gap.after || WithoutEvents(gap) == v1::COVERAGE_CAUSE_ASLEEP) return parts;
  for (const Restored& lost : evidence.restored) {
    parts = Replaced(parts, lost.from_ms, lost.to_ms, v1::COVERAGE_CAUSE_COLLECTOR_RESTORED);
  }
  return parts;
}

}  // namespace

bool IsGoodbye(v1::MachineEvent::Kind kind) {
  return kind == v1::MachineEvent::AGENT_STOPPED || kind == v1::MachineEvent::MACHINE_SHUTTING_DOWN ||
         kind == v1::MachineEvent::MACHINE_RESTARTING || kind == v1::MachineEvent::SUSPENDING;
}

std::string_view CauseWord(CoverageCause cause) {
  switch (cause) {
    case v1::COVERAGE_CAUSE_OFF:
      return "off";
    case v1::COVERAGE_CAUSE_ASLEEP:
      return "asleep";
    case v1::COVERAGE_CAUSE_AGENT_STOPPED:
      return "agent stopped";
    case v1::COVERAGE_CAUSE_LINK_DOWN:
      return "link down";
    case v1::COVERAGE_CAUSE_DROPPED:
      return "dropped";
    case v1::COVERAGE_CAUSE_REFUSED:
      return "refused";
    case v1::COVERAGE_CAUSE_COLLECTOR_RESTORED:
      return "collector restored";
    default:
      return "unknown";
  }
}

std::vector<Period> ExplainGap(const Gap& gap, const GapEvidence& evidence) {
  std::vector<Period> periods;
  std::vector<Part> parts = CutByGivenUp(CutByEvents(gap, evidence.events), gap, evidence);
  for (const Part& part : CutByRestored(std::move(parts), gap, evidence)) {
    const CoverageCause cause = part.cause ? *part.cause : WithoutEvents(gap);
    if (!periods.empty() && periods.back().cause == cause) {
      periods.back().to_ms = part.to_ms;
    } else {
      periods.push_back({part.from_ms, part.to_ms, false, false, cause});
    }
  }
  return periods;
}

}  // namespace steward::collector
