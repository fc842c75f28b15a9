// A collector in the test's process that speaks AgentUplink and Enrollment over mutual TLS and misbehaves on demand.
// It decodes what it gets, as the real one does, and remembers over connections what it has committed.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "agent/identity/identity_store.h"
#include "absl/status/status.h"
#include "steward/v1/enrollment.pb.h"
#include "steward/v1/uplink.pb.h"

namespace steward {

// Set before Start or between connections; read by the server's threads.
struct FakeCollectorScript {
  std::uint32_t window = 16;
  // Ends each stream after this many messages from the agent; 0: never. Counted anew for each stream.
  int cut_after_messages = 0;
  // Commits, but does not say so.
  bool lose_acknowledgements = false;
  // Holds this many acknowledgements back and sends them newest first.
  int reorder_acknowledgements = 0;
  // Takes nothing durable; acknowledges nothing.
  bool commit = true;
  bool refuse_other_content = false;    // under a known identity, as the collector does; else it is a complaint
  std::uint64_t refuse_sequence = 0;
  v1::Refusal::Cause refuse_cause = v1::Refusal::OVER_LIMIT;
  absl::Status refuse_streams;          // not OK: every Connect ends with it at once
  bool send_garbage = false;            // ranges turned round, unknown epochs, acknowledgements of what was never sent
  std::uint64_t poison_epoch = 0;       // descriptors of this epoch end the stream
  bool silent = false;                  // takes the stream and never says Welcome
  absl::Duration read_pause;            // before each read
  std::string inventory_digest;
  bool renew = false;                   // the certificate should be renewed at once
  std::int64_t interval_s = 15;
  bool takes_backlog = true;
  std::uint64_t backlog_turn = 7;       // granted at once; the next after all of it came
};

class FakeCollector {
 public:
  FakeCollector();
  ~FakeCollector();  // as Stop

  void Start();      // on the port of the last Start, if there was one
  void Stop();       // cuts all streams
  void SetScript(const FakeCollectorScript& script);

  std::string address() const;
  std::string ca_pem() const;
  std::string ca_sha256() const;
  // A machine of this collector.
  agent::Identity NewIdentity(const std::string& machine_id);
  v1::EnrollmentToken NewToken();

  // What was committed: (epoch, sequence) to the first value of the first group.
  std::map<std::pair<std::uint64_t, std::uint64_t>, std::int64_t> committed() const;
  void Forget(std::uint64_t epoch, std::uint64_t above_sequence);  // as after a restore from a backup
  // What must never happen: payloads that do not decode, other content under a known identity, holes in a segment.
  std::vector<std::string> complaints() const;
  std::uint64_t duplicates() const;
  std::uint64_t batches_received() const;
  std::uint64_t most_unacknowledged() const;
  int connections() const;
  std::vector<v1::Hello> hellos() const;
  std::vector<v1::GapDeclaration> gaps() const;
  std::vector<v1::ClockReading> clocks() const;
  std::vector<std::pair<std::uint64_t, std::uint64_t>> order() const;  // (epoch, sequence) as they were first committed
  std::vector<v1::Inventory> inventories() const;
  std::vector<v1::MachineEvent> events() const;
  std::vector<std::string> peer_certificates() const;  // PEM, one a connection
  std::vector<v1::EnrollRequest> enrollments() const;

 private:
  struct State;
  class UplinkService;
  class EnrollmentService;
  std::unique_ptr<State> state_;
};

}  // namespace steward
