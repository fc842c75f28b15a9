// Where the collector keeps everything that must survive. Narrow on purpose: SQLite (sqlite/sqlite_storage.h), memory
// (memory/memory_storage.h, for tests), later PostgreSQL. Only collector/storage knows SQL.
// Times are kept in whole milliseconds (cut down), the two infinities as such.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "collector/storage/records.h"

namespace steward::collector {

// Reads one consistent state. Used within the function it is given to, on that thread.
// Errors: NotFound where one thing is asked for by id; Internal/Unavailable/DataLoss from the disk, with the file's
// name.
class StorageReader {
 public:
  virtual ~StorageReader() = default;

  virtual absl::StatusOr<std::optional<std::string>> GetSetting(std::string_view key) = 0;

  virtual absl::StatusOr<std::vector<MachineRecord>> ListMachines() = 0;  // all states, by host name, then id
  virtual absl::StatusOr<MachineRecord> GetMachine(std::string_view id) = 0;

  virtual absl::StatusOr<std::vector<TokenRecord>> ListTokens() = 0;  // newest first
  virtual absl::StatusOr<TokenRecord> GetToken(std::string_view id) = 0;
  virtual absl::StatusOr<TokenRecord> FindTokenBySecret(std::string_view secret_sha256) = 0;

  virtual absl::StatusOr<std::vector<FactRecord>> ListFacts(
      std::string_view machine_id) = 0;  // by group, key; live ones
  virtual absl::StatusOr<std::string> FactValue(std::string_view machine_id, std::string_view group,
                                                std::string_view key) = 0;  // NotFound: there is none such now
  virtual absl::StatusOr<std::vector<ChangeRecord>> ListChanges(std::string_view machine_id,
                                                                std::size_t max) = 0;  // newest first
  virtual absl::StatusOr<std::vector<v1::SourceNote>> ListInventoryNotes(std::string_view machine_id) = 0;

  // Empty for what is not known, as are the lists above.
  virtual absl::StatusOr<std::vector<SequenceInterval>> CommittedIntervals(std::string_view machine_id,
                                                                           std::uint64_t epoch) = 0;
  // The samples of a batch as they were received; none: not committed, or not kept like that any more.
  virtual absl::StatusOr<std::optional<std::string>> CommittedPayload(std::string_view machine_id, std::uint64_t epoch,
                                                                      std::uint64_t sequence) = 0;
  virtual absl::StatusOr<std::vector<BootClockRecord>> ListBootClocks(std::string_view machine_id) = 0;  // measured last first
  virtual absl::StatusOr<std::vector<GapRecord>> ListGaps(std::string_view machine_id) = 0;              // in the order told
  // All groups and series of an epoch, as they were sent.
  virtual absl::StatusOr<v1::DescriptorSet> Descriptors(std::string_view machine_id, std::uint64_t epoch) = 0;
  // By labels, of the machine and of those that it goes on from. Samples that are not kept any more are answered by what
  // five minutes keep of them, and those older still by hours: without a function, as the last sample of each. Such a
  // bucket counts for the step that its last sample lies in, so whole ones are exact where steps are multiples of them.
  // With whole hours for steps and their begin the hours answer wherever they are known: it is the same and faster. A
  // rate does not see what a counter did when it began again twice within a bucket. InvalidArgument: no metric name, from is not before to, an expression that is none, a step without a
  // function or too many of them; NotFound: no such machine; ResourceExhausted: more than points_max, or with a
  // function more than kSamplesReadMax to make them of, says how to ask for less; DataLoss: a stored payload does not
  // decode. Batches of a segment that lie behind a hole cannot be decoded and are left out until the hole is filled.
  virtual absl::StatusOr<std::vector<SampleSeries>> QuerySamples(const SampleQuery& query) = 0;

  using TakeCommitted = absl::FunctionRef<absl::Status(const CommittedSamples&)>;
  // Gives `take` the batches that became readable behind the cursor, at least one if there is one, and stops when they
  // hold `samples_max` values or soon after. Returns the cursor behind the last one, for the next call; it stays good
  // for as long as the storage, whatever is folded or expires meanwhile. "" is the beginning of what is stored. Each
  // batch comes once, a machine's in the order of their commits; who is far behind gets machine after machine. A batch
  // behind a hole of its segment cannot be decoded: it comes when the hole is filled, and never if that does not
  // happen. An error of `take` ends the call and is returned. InvalidArgument: not a cursor of this storage.
  virtual absl::StatusOr<std::string> ReadCommits(std::string_view after, std::size_t samples_max,
                                                  TakeCommitted take) = 0;
  // The cursor behind all that is committed.
  virtual absl::StatusOr<std::string> CommitCursor() = 0;

  // Ascending by day, from the newest row before `from_day` on if there is one (at most 400 days back), to `to_day`
  // inclusive.
  virtual absl::StatusOr<std::vector<CoverageRow>> ListCoverage(std::string_view machine_id, std::int64_t from_day,
                                                                std::int64_t to_day) = 0;
  virtual absl::StatusOr<std::vector<MachineEventRecord>> ListMachineEvents(std::string_view machine_id,
                                                                            absl::Time from) = 0;  // ascending

  // Pending ones included; closed and resolved ones only if asked for. By opened (raised) time, newest first.
  virtual absl::StatusOr<std::vector<IssueRecord>> ListIssues(bool include_ended) = 0;
  virtual absl::StatusOr<IssueRecord> GetIssue(std::string_view id) = 0;
  virtual absl::StatusOr<std::vector<IssueEventRecord>> ListIssueEvents(std::string_view issue_id) = 0;  // oldest first

  // At most `max` entries of the audit trail behind the number, ascending.
  virtual absl::StatusOr<std::vector<AuditRecord>> ListAudit(std::uint64_t after, std::size_t max) = 0;
  virtual absl::StatusOr<AuditEnd> GetAuditEnd() = 0;

  // Waiting ones, oldest first.
  virtual absl::StatusOr<std::vector<OutboxRecord>> WaitingDeliveries() = 0;
  virtual absl::StatusOr<std::vector<OutboxRecord>> ListDeliveries(std::size_t max) = 0;  // newest first

  virtual absl::StatusOr<std::uint64_t> StorageBytes() = 0;  // on disk, journal included
};

// Changes within one transaction; an error returned by the function that got it undoes all of them, and so does an
// error of the disk even if that function returns OK. The reads of a transaction see its own changes.
// Unless said otherwise NotFound means a machine (or issue, delivery) that is not stored; nothing is changed then.
class StorageTransaction : public StorageReader {
 public:
  virtual absl::Status PutSetting(std::string_view key, std::string_view value) = 0;

  // By id: adds or replaces. last_seen_time never moves back and inventory_digest is ignored: AppendBatch and
  // PutInventory own them. AlreadyExists: another active machine has this instance (an empty one is no name and may
  // repeat).
  virtual absl::Status PutMachine(const MachineRecord& machine) = 0;
  virtual absl::Status PutToken(const TokenRecord& token) = 0;  // by id

  // Replaces the machine's facts by this full set, notes what changed as change entries (none for the first set) and
  // keeps the notes and the digest.
  virtual absl::Status PutInventory(std::string_view machine_id, const v1::Inventory& inventory, absl::Time now) = 0;

  // What is stored already is skipped, so that the sets a stream repeats cost nothing.
  // InvalidArgument: another meaning under a known id of this epoch.
  virtual absl::Status AddDescriptors(std::string_view machine_id, const v1::DescriptorSet& set) = 0;
  virtual absl::Status PutBootClock(std::string_view machine_id, const BootClockRecord& clock) = 0;  // by boot id
  // Replaces gaps of the epoch that lie within it; one that is there already stays.
  virtual absl::Status PutGap(std::string_view machine_id, const GapRecord& gap) = 0;
  // Also moves last_seen_time forward. InvalidArgument: sequence before its segment's first, or beyond 2^63 - 1.
  // Same payload means: same samples and events.
  virtual absl::StatusOr<AppendResult> AppendBatch(const BatchRecord& batch) = 0;

  virtual absl::Status PutCoverage(std::string_view machine_id, const CoverageRow& row) = 0;  // by day
  // One that is there already stays one.
  virtual absl::Status AddMachineEvent(std::string_view machine_id, const MachineEventRecord& event) = 0;
  virtual absl::Status ForgetMachineEvents(std::string_view machine_id, absl::Time before) = 0;

  virtual absl::Status PutIssue(const IssueRecord& issue) = 0;            // by issue.id
  virtual absl::Status AddIssueEvent(const IssueEventRecord& event) = 0;  // append-only; NotFound: put the issue first
  // At the end of the audit trail, which nobody can change afterwards; gives the record its number and hash.
  virtual absl::Status AddAudit(const AuditRecord& record) = 0;
  virtual absl::Status AddDelivery(const OutboxRecord& delivery) = 0;  // AlreadyExists: this key and channel are there
  virtual absl::Status UpdateDelivery(
      const OutboxRecord& delivery) = 0;  // by id: state, attempts, next attempt, answer

  // Deletes what is older, a bounded amount a call. Batches of an hour go together, with its youngest; what five minutes
  // and hours keep of their samples is written before. Epochs that thereby became empty go too; which sequences were
  // committed stays known as long as the epoch. True: more is left.
  virtual absl::StatusOr<bool> Expire(const ExpireBefore& before) = 0;

  // Deletes what is kept of a machine, a bounded amount a call: samples, coverage, inventory, its settings (whose names end
  // with its id), issues (whose dedupe keys begin with it) with their history and those deliveries that have ended; with
  // the last call the machine. True: more is left. Not in one write with AppendBatch.
  virtual absl::StatusOr<bool> DeleteMachine(std::string_view id) = 0;
};

// Thread-safe.
class Storage {
 public:
  using WriteFunction = absl::AnyInvocable<absl::Status(StorageTransaction&)>;
  using WriteDone = absl::AnyInvocable<void(absl::Status)>;
  using ReadFunction = absl::FunctionRef<absl::Status(StorageReader&)>;

  virtual ~Storage() = default;

  // Queues `write` for the writer thread; writes run in the order of the calls, several may share one commit.
  // `done` is called on the writer thread once the change is durable, or with the error that undid it:
  // what `write` returned, ResourceExhausted (disk full: nothing is lost, try again later), DataLoss, Unavailable.
  // `bytes` is what the queued work holds in memory, for QueuedBytes. A done may call Write.
  virtual void Write(WriteFunction write, WriteDone done, std::size_t bytes = 0) = 0;
  // Memory held by queued writes: the measure for backpressure.
  virtual std::size_t QueuedBytes() const = 0;
  // Runs `read` on the calling thread, beside the writer.
  virtual absl::Status Read(ReadFunction read) = 0;

  // Waits for a Write. Not from the writer thread, nor within Read. For commands, start-up and tests.
  absl::Status WriteAndWait(WriteFunction write);
};

}  // namespace steward::collector
