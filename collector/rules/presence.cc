#include "collector/rules/presence.h"

#include <algorithm>

#include "collector/rules/rule.h"

namespace steward::collector {

void Presence::SignOfLife(absl::Time now) {
  last_seen_ = std::max(last_seen_, now);
  silent_looks_ = 0;
  last_answer_ = absl::InfinitePast();
  unknown_ = false;
  next_look_ = absl::InfinitePast();
  look_under_way_ = false;
}

void Presence::OnConnected(absl::Time now) {
  connected_ = true;
  farewell_ = Farewell::kNone;
  SignOfLife(now);
}

void Presence::OnDisconnected(absl::Time now) {
  connected_ = false;
  disconnected_ = now;
}

void Presence::OnBatch(absl::Time now, bool live) {
  SignOfLife(now);
  if (!live) return;
  farewell_ = Farewell::kNone;
  std::rotate(batches_.begin(), batches_.begin() + 1, batches_.end());
  batches_.back() = now;
}

void Presence::OnEvent(v1::MachineEvent::Kind kind, absl::Time now) {
  switch (kind) {
    case v1::MachineEvent::AGENT_STOPPED:
      // A shutdown stops the agent too: the better excuse stays.
      if (farewell_ != Farewell::kMachineStopping) farewell_ = Farewell::kAgentStopped;
      break;
    case v1::MachineEvent::MACHINE_SHUTTING_DOWN:
    case v1::MachineEvent::MACHINE_RESTARTING: farewell_ = Farewell::kMachineStopping; break;
    case v1::MachineEvent::SUSPENDING: farewell_ = Farewell::kSuspending; break;
    default: farewell_ = Farewell::kNone; break;
  }
  farewell_time_ = now;
}

void Presence::OnLook(Reach reach, absl::Time now) {
  if (!look_under_way_) return;  // the machine was heard meanwhile
  look_under_way_ = false;
  switch (reach) {
    case Reach::kAnswered:
      last_answer_ = now;
      silent_looks_ = 0;
      unknown_ = false;
      break;
    case Reach::kSilent:
      last_answer_ = absl::InfinitePast();
      ++silent_looks_;
      unknown_ = false;
      break;
    case Reach::kUnknown:
      last_answer_ = absl::InfinitePast();
      ++silent_looks_;
      unknown_ = true;
      break;
  }
  const bool settled = alive() || silent_looks_ >= looks_wanted_;
  next_look_ = look_started_ + (settled ? look_again_ : look_step_);
}

absl::Time Presence::SilentSince(const MachineRecord& machine, absl::Time now, const PresenceTimes& times) const {
  absl::Time since = absl::InfiniteFuture();
  if (now - last_seen_ >= std::max(times.silence, 3 * machine.interval)) {
    since = last_seen_;
  } else if (!connected_) {
    since = std::max(last_seen_, disconnected_);
  }
  since = std::max(since, judged_from_);
  if (farewell_ == Farewell::kMachineStopping || farewell_ == Farewell::kSuspending) {
    since = std::max(since, farewell_time_ + times.clean_stop - times.silence);
  }
  return since;
}

bool Presence::WantsLook(const MachineRecord& machine, absl::Time now, const PresenceTimes& times) {
  if (look_under_way_ || !ever_seen() || now < next_look_) return false;
  // An agent that said it stops is looked for at once, so that a stopped one is told from a dead machine.
  const absl::Duration silence = farewell_ == Farewell::kAgentStopped ? absl::ZeroDuration() : times.silence;
  const absl::Time since = SilentSince(machine, now, times);
  if (since == absl::InfiniteFuture() || now - since < silence) return false;
  look_under_way_ = true;
  look_started_ = now;
  const absl::Duration again = IsWorkstation(machine) ? kLookAgainWorkstation : kLookAgainServer;
  look_step_ = times.look_step;
  look_again_ = again;
  looks_wanted_ = times.looks;
  return true;
}

bool Presence::IsBack(const MachineRecord& machine, absl::Time now) const {
  return batches_.front() != absl::InfinitePast() &&
         now - batches_.front() <= std::max(kBackWithin, kHeartbeatsBack * machine.interval);
}

}  // namespace steward::collector
