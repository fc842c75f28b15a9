// The agents connected: one session a machine, and the one place from which committed batches go on to those who watch.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/time/time.h"
#include "base/clock.h"
#include "boost/asio/any_io_executor.hpp"
#include "collector/config/config.h"
#include "collector/identity/certificate_authority.h"
#include "collector/identity/machine_registry.h"
#include "collector/identity/peer_verifier.h"
#include "collector/ingest/backlog_pool.h"
#include "collector/ingest/identity_watch.h"
#include "collector/ingest/ingest_metrics.h"
#include "collector/ingest/observation.h"
#include "collector/ingest/session_transport.h"
#include "collector/storage/storage.h"

namespace steward::collector {

class Session;

// What ingest works with; all of it outlives the hub and the writes it has queued.
struct IngestParts {
  Storage& storage;
  Clock& clock;
  boost::asio::any_io_executor core;
  const CertificateAuthority& authority;
  MachineRegistry& registry;
  IngestMetrics& metrics;
  const AgentsConfig& agents;
  std::vector<ObservationSink*> sinks;  // in the order in which they are told
  std::string version;                  // the collector's
  // Told of each try to write that went to the disk: OK, or why the store could not take it.
  std::function<void(const absl::Status&)> on_storage = [](const absl::Status&) {};
};

// Core thread.
class SessionHub {
 public:
  // Listens to the registry: a machine that is retired loses its stream, the sinks hear of every change.
  explicit SessionHub(IngestParts parts);
  ~SessionHub();

  // A stream of a peer whose certificate was found good. `address` without port. The transport outlives the session's
  // call of Finish.
  std::shared_ptr<Session> Open(VerifiedPeer peer, std::string address, SessionTransport& transport);

  // Ends every stream. New ones are ended at once from then on.
  void Stop(absl::Status status);

  std::size_t session_count() const { return sessions_.size(); }

  // For sessions.
  const IngestParts& parts() const { return parts_; }
  BacklogPool& backlog() { return backlog_; }
  // From now on the machine's; ends an older one with ABORTED. PermissionDenied: it is a copy of one that is served.
  absl::Status Claim(Session& session, const Incarnation& incarnation, const v1::MachineIdentity& identity);
  void Connected(Session& session, const MachineRecord& machine);
  void Ended(Session& session, const absl::Status& status);
  void Deliver(Observation observation);  // committed just now; machine, arrival time and newest are filled in here
  void StorageTrouble(const absl::Status& status);
  void StorageWorks();

 private:
  void TellConflict(const Session& session, const v1::MachineIdentity& identity);

  IngestParts parts_;
  BacklogPool backlog_;
  absl::flat_hash_map<Session*, std::shared_ptr<Session>> sessions_;
  absl::flat_hash_map<MachineId, Session*> by_machine_;
  absl::flat_hash_map<MachineId, absl::Time> newest_;  // time of the newest batch seen since the start
  IdentityWatch identities_;
  absl::Status stopped_;
};

}  // namespace steward::collector
