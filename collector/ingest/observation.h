// What ingest hands on once a batch is durable: the latest values and the rules are fed from it.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "absl/types/span.h"
#include "collector/identity/identity_conflict.h"
#include "collector/storage/records.h"
#include "proto/wire/descriptor.h"
#include "steward/v1/uplink.pb.h"

namespace steward::collector {

struct ObservedValue {
  std::uint32_t series = 0;  // id within the epoch; observation.descriptors->Series(series) tells what it is
  double value = 0;          // scaled
};

// One sampled probe group: every live series of it. A group that is not in the observation was not sampled.
struct ObservedGroup {
  std::uint32_t group = 0;
  std::vector<ObservedValue> values;  // ascending by series
};

struct Observation {
  std::shared_ptr<const MachineRecord> machine;
  std::uint64_t epoch = 0;
  std::uint64_t sequence = 0;
  absl::Time time;          // of the samples
  absl::Time arrival_time;  // on the collector's clock
  absl::Duration clock_error;  // the machine's wall clock less the collector's, when last compared; the times are corrected by it
  std::shared_ptr<const wire::DescriptorTable> descriptors;  // only ever grows
  std::vector<ObservedGroup> groups;
  std::vector<v1::MachineEvent> events;
  bool newest = false;      // no batch of a later time was seen from this machine
};

// All calls come from the core thread.
class ObservationSink {
 public:
  virtual ~ObservationSink() = default;
  virtual void OnObservation(const Observation& observation) = 0;
  // The stream of a machine opened or ended. `address` is the peer's, without port.
  virtual void OnConnected(const MachineRecord& machine, const std::string& address, absl::Time now) = 0;
  virtual void OnDisconnected(const MachineRecord& machine, absl::Time now) = 0;
  // Two machines share this one's identity; told again each time that the second one tries to connect.
  virtual void OnIdentityConflict(const MachineRecord& /*machine*/, const IdentityConflict& /*conflict*/) {}
  // Enrolled, renamed, retired, other policy: the record as it is now.
  virtual void OnMachineChanged(const MachineRecord& machine) = 0;
  // After it was retired: about to be deleted with all that is kept of it. Nothing more is told of it.
  virtual void OnMachineDeleted(const MachineRecord& /*machine*/) {}
};

}  // namespace steward::collector
