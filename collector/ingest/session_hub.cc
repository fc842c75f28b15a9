#include "collector/ingest/session_hub.h"

#include <utility>

#include "base/text.h"
#include "collector/ingest/session.h"
#include "spdlog/spdlog.h"

namespace steward::collector {

SessionHub::SessionHub(IngestParts parts)
    : parts_(std::move(parts)), backlog_(parts_.storage, parts_.clock, parts_.core) {
  parts_.registry.AddListener([this](const MachinePointer& machine) {
    for (ObservationSink* sink : parts_.sinks) sink->OnMachineChanged(*machine);
    if (machine->state != MachineState::kRetired) return;
    parts_.metrics.ForgetMachine(machine->id);
    if (const auto found = by_machine_.find(machine->id); found != by_machine_.end()) {
      found->second->End(absl::PermissionDeniedError(
          StrCat("machine ", machine->instance, " was retired on the collector; stop its agent, or enrol it again with ",
                 "`steward-agent enroll TOKEN`")));
    }
  });
  parts_.registry.AddDeleteListener([this](const MachineRecord& machine) {
    newest_.erase(machine.id);
    identities_.Forget(machine.id);
    for (ObservationSink* sink : parts_.sinks) sink->OnMachineDeleted(machine);
  });
}

SessionHub::~SessionHub() = default;

std::shared_ptr<Session> SessionHub::Open(VerifiedPeer peer, std::string address, SessionTransport& transport) {
  auto session = std::make_shared<Session>(*this, std::move(peer), std::move(address), transport);
  sessions_.emplace(session.get(), session);
  parts_.metrics.SetSessions(sessions_.size());
  session->Start();
  if (!stopped_.ok()) session->End(stopped_);
  return session;
}

void SessionHub::Stop(absl::Status status) {
  stopped_ = status;
  std::vector<std::shared_ptr<Session>> all;
  for (const auto& [key, session] : sessions_) all.push_back(session);
  for (const std::shared_ptr<Session>& session : all) session->End(status);
}

// What is kept of the machine is what the one that connected last said of itself.
void SessionHub::TellConflict(const Session& session, const v1::MachineIdentity& identity) {
  const MachinePointer machine = parts_.registry.Find(session.machine_id());
  if (machine == nullptr) return;
  const IdentityConflict conflict{parts_.clock.WallNow(),
                                  {machine->address, machine->host_name, machine->hardware_fingerprint},
                                  {session.address(), identity.host_name(), identity.hardware_fingerprint()}};
  for (ObservationSink* sink : parts_.sinks) sink->OnIdentityConflict(*machine, conflict);
}

absl::Status SessionHub::Claim(Session& session, const Incarnation& incarnation, const v1::MachineIdentity& identity) {
  const auto open = by_machine_.find(session.machine_id());
  const bool taken = open != by_machine_.end();
  const auto verdict = identities_.OnHello(session.machine_id(), incarnation, taken, parts_.clock.BootNow());
  if (verdict == IdentityWatch::Verdict::kConflictFound) {
    parts_.metrics.IdentityConflict();
    spdlog::error("machine {}: two machines share this identity, at {} and {}; enrol one of them anew", session.machine_id(),
                  taken ? open->second->address() : "another address", session.address());
  }
  if (verdict != IdentityWatch::Verdict::kFine) TellConflict(session, identity);
  if (taken && verdict != IdentityWatch::Verdict::kFine) {
    return absl::PermissionDeniedError(
        StrCat("another machine with this one's identity is connected from ", open->second->address(),
               "; one is a copy of the other. Enrol this one anew: `stewardctl token create` on the collector, then "
               "`steward-agent enroll TOKEN` here"));
  }
  if (taken) {
    std::exchange(open->second, &session)
        ->End(absl::AbortedError(
            StrCat("another stream of this machine was opened from ", session.address(),
                   "; only the newer one is served. If this repeats, two machines share one identity: enrol one of them anew")));
  } else {
    by_machine_.emplace(session.machine_id(), &session);
  }
  return absl::OkStatus();
}

void SessionHub::Connected(Session& session, const MachineRecord& machine) {
  spdlog::info("machine {} ({}) connected from {}", machine.instance, machine.id, session.address());
  for (ObservationSink* sink : parts_.sinks) sink->OnConnected(machine, session.address(), parts_.clock.WallNow());
}

void SessionHub::Ended(Session& session, const absl::Status& status) {
  if (!status.ok() && !absl::IsCancelled(status) && stopped_.ok()) {
    parts_.metrics.StreamRefused(ToStd(absl::StatusCodeToString(status.code())));
    spdlog::warn("stream of machine {} from {} ended: {}", session.machine_id(), session.address(),
                 std::string(status.message()));
  }
  if (const auto found = by_machine_.find(session.machine_id()); found != by_machine_.end() && found->second == &session) {
    by_machine_.erase(found);
  }
  const MachinePointer machine = session.connected() ? parts_.registry.Find(session.machine_id()) : nullptr;
  if (machine != nullptr) {
    for (ObservationSink* sink : parts_.sinks) sink->OnDisconnected(*machine, parts_.clock.WallNow());
  }
  sessions_.erase(&session);
  parts_.metrics.SetSessions(sessions_.size());
}

void SessionHub::Deliver(Observation observation) {
  if (observation.machine == nullptr) return;
  const MachineId id = observation.machine->id;
  const MachinePointer machine = parts_.registry.Find(id);
  if (machine == nullptr) return;  // deleted meanwhile
  const auto [newest, is_first] = newest_.try_emplace(id, observation.machine->last_seen_time);
  observation.newest = observation.time > newest->second;
  if (observation.newest) {
    newest->second = observation.time;
    parts_.registry.NoteSeen(id, observation.time);
  }
  observation.arrival_time = parts_.clock.WallNow();
  observation.machine = machine;
  std::uint64_t samples = 0;
  for (const ObservedGroup& group : observation.groups) samples += group.values.size();
  parts_.metrics.Committed(samples, observation.arrival_time);
  parts_.metrics.SetQueueBytes(parts_.storage.QueuedBytes());
  for (ObservationSink* sink : parts_.sinks) sink->OnObservation(observation);
}

void SessionHub::StorageTrouble(const absl::Status& status) {
  parts_.metrics.StorageError();
  parts_.on_storage(status);
}

void SessionHub::StorageWorks() { parts_.on_storage(absl::OkStatus()); }

}  // namespace steward::collector
