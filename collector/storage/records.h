// What the collector keeps, as plain values. Times are wall times of the collector unless said otherwise.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "collector/audit/audit_chain.h"
#include "proto/wire/descriptor.h"
#include "steward/v1/coverage.pb.h"
#include "steward/v1/management.pb.h"
#include "steward/v1/sample.pb.h"
#include "steward/v1/uplink.pb.h"

namespace steward::collector {

using MachineId = std::string;  // lower-case UUID

enum class MachineState : std::uint8_t { kActive = 1, kRetired = 2 };  // stored: permanent values

struct MachineRecord {
  MachineId id;
  std::string host_name;
  std::string instance;  // unique among active machines; the label
  std::string site;
  std::string machine_class;  // server, desktop, laptop
  MachineState state = MachineState::kActive;
  std::string hardware_fingerprint;
  std::string operating_system;
  std::string agent_version;
  std::string address;  // host without port of the last connection
  absl::Time enrolled_time = absl::InfinitePast();
  absl::Time certificate_expire_time = absl::InfinitePast();
  absl::Time last_seen_time = absl::InfinitePast();  // time of the newest committed batch; InfinitePast: never
  absl::Duration interval = absl::Seconds(15);
  std::string inventory_digest;
  MachineId continued_as;  // retired ones: the machine that it goes on as, set up anew; mostly empty
};

enum class TokenKind : std::uint8_t { kEnrollment = 1, kApi = 2 };

struct TokenRecord {
  std::string id;  // short, shown to people
  TokenKind kind = TokenKind::kEnrollment;
  std::string secret_sha256;  // 32 bytes; the secret itself is never stored
  std::string site;
  std::string machine_class;
  std::string role;  // API tokens: owner, it-manager, partner, viewer, metrics
  std::uint32_t uses_allowed = 1;
  std::uint32_t uses = 0;
  absl::Time created_time = absl::InfinitePast();
  absl::Time expire_time = absl::InfiniteFuture();
  bool revoked = false;
};

struct FactRecord {
  std::string group;
  std::string key;
  std::string value;
  absl::Time first_seen_time;
  absl::Time last_seen_time;
};

struct ChangeRecord {
  absl::Time time;
  std::string group;
  std::string key;
  std::optional<std::string> old_value;  // none: the fact is new
  std::optional<std::string> new_value;  // none: the fact has ended
};

// Inclusive at both ends, ascending, not touching each other.
struct SequenceInterval {
  std::uint64_t first = 0;
  std::uint64_t last = 0;
  friend bool operator==(const SequenceInterval&, const SequenceInterval&) = default;
};

// One batch as received, with where it stands in its segment.
struct BatchRecord {
  MachineId machine_id;
  std::uint64_t epoch = 0;
  std::uint64_t sequence = 0;
  std::uint64_t segment_first_sequence = 0;
  absl::Time time;      // the samples' moment on the collector's time line, whole milliseconds
  std::string samples;  // v1::Batch.samples
  std::string events;   // serialized v1::Batch with the events alone; empty if none
  std::uint64_t sample_count = 0;
};

enum class AppendResult : std::uint8_t {
  kCommitted,  // now durable
  kDuplicate,  // was durable already, same payload; nothing changed
  kConflict,   // another payload is stored under this identity; nothing changed
};

// A committed batch, decoded.
struct CommittedValue {
  std::uint32_t series = 0;  // SeriesDescriptor.id
  double value = 0;          // in the unit people see
};
struct CommittedGroup {
  std::uint32_t group = 0;
  std::vector<CommittedValue> values;  // every live series of the group, ascending by series
  std::vector<std::uint32_t> ended;    // were in the group's last values within this segment, and are no more
};
struct CommittedSamples {
  MachineId machine_id;
  std::uint64_t epoch = 0;
  std::uint64_t sequence = 0;
  absl::Time time;
  std::shared_ptr<const wire::DescriptorTable> descriptors;  // of the epoch
  std::vector<CommittedGroup> groups;                        // the sampled ones, ascending
};

// Where a boot clock of a machine stands on the collector's time line: straight between the points, at the machine's own
// pace before the first and after the last.
struct BootClockPoint {
  std::int64_t boot_ms = 0;
  std::int64_t wall_ms = 0;       // the collector's
  friend bool operator==(const BootClockPoint&, const BootClockPoint&) = default;
};
struct BootClockRecord {
  std::string boot_id;
  bool estimated = false;         // this boot never met the collector
  std::int64_t wall_error_ms = 0; // the machine's wall clock less the collector's, when last measured
  absl::Time measured_time;       // or estimated
  std::vector<BootClockPoint> points;  // at least one; ascending in both
};
inline constexpr std::size_t kBootClocksMax = 256;  // a machine; those measured longest ago are forgotten

// Batches that an agent gave up: they will never come.
struct GapRecord {
  std::uint64_t epoch = 0;
  SequenceInterval range;
  v1::GapDeclaration::Cause cause = v1::GapDeclaration::CAUSE_UNSPECIFIED;
  std::uint64_t sample_count = 0;               // 0: not known
  absl::Time from_time = absl::InfinitePast();  // when they were sampled; both infinite: not known
  absl::Time to_time = absl::InfiniteFuture();
  absl::Time told_time;
};
inline constexpr std::size_t kGapsMax = 10'000;  // a machine; those told first are forgotten

// What was observed of a machine on a day.
struct CoverageRow {
  std::int64_t day = 0;  // since 1970, UTC
  v1::CoverageRecord record;
};
struct MachineEventRecord {
  absl::Time time;
  v1::MachineEvent::Kind kind = v1::MachineEvent::KIND_UNSPECIFIED;
  friend bool operator==(const MachineEventRecord&, const MachineEventRecord&) = default;
};

enum class LabelOperator : std::uint8_t { kEqual, kNotEqual, kMatches, kMatchesNot };  // the last two: RE2, whole value
struct LabelMatch {
  std::string name;
  std::string value;  // a label that is absent has the empty value
  LabelOperator op = LabelOperator::kEqual;
};
enum class SampleFunction : std::uint8_t { kNone, kLast, kMin, kMax, kMean, kSum, kRate };
struct SamplePoint {
  std::int64_t time_ms = 0;  // Unix
  double value = 0;
};
struct SampleSeries {
  std::string metric;
  std::map<std::string, std::string> labels;
  std::vector<SamplePoint> points;  // ascending by time
};
struct SampleQuery {
  MachineId machine_id;
  std::string metric;
  std::vector<LabelMatch> labels;
  absl::Time from;  // inclusive
  absl::Time to;    // exclusive
  std::size_t points_max = 1'000'000;
  SampleFunction function = SampleFunction::kNone;  // none: the samples as they are
  absl::Duration step = absl::ZeroDuration();       // of the function, whole milliseconds; zero: the range is one step
};

// What Expire deletes: what is older than these.
struct ExpireBefore {
  absl::Time raw = absl::InfinitePast();           // batches and their samples
  absl::Time five_minutes = absl::InfinitePast();  // what of them is kept for every five minutes; by the UTC day
  absl::Time hours = absl::InfinitePast();         // and for every hour; by the week
  absl::Time records = absl::InfinitePast();       // coverage, machines' events, ended deliveries and issues with events
};

// An issue or, with issue.state() == "pending", a condition that is true but not for long enough yet.
struct IssueRecord {
  v1::Issue issue;               // as people see it
  std::string dedupe_key;        // scope / type / subject
  std::uint64_t transition = 0;  // counts changes that were worth telling; part of the idempotency key
  std::string rule_state;        // what the issue engine needs to go on after a restart; opaque here
};

struct IssueEventRecord {
  std::string issue_id;
  absl::Time time;
  std::string actor;  // "rules", a person, an API key
  std::string action;
  std::string from;
  std::string to;
  std::string reason;
};

// What was written last to the audit trail; number 0 and AuditSeed if nothing was.
struct AuditEnd {
  std::uint64_t number = 0;
  std::string hash = AuditSeed();
};

enum class DeliveryState : std::uint8_t { kWaiting = 1, kDelivered = 2, kDead = 3 };

struct OutboxRecord {
  std::int64_t id = 0;          // given by the store; order of writing
  std::string idempotency_key;  // dedupe key, raised-at time and transition number: never a row id
  std::string channel;
  std::string event;  // opened, updated, resolved
  std::string issue_id;
  std::string body;  // what the channel renders from: v1::Issue, serialized, as it was then
  DeliveryState state = DeliveryState::kWaiting;
  std::uint32_t attempts = 0;
  absl::Time created_time;
  absl::Time next_attempt_time;
  std::string last_answer;
};

}  // namespace steward::collector
