// Stores issue changes and the outbox rows they cause: one transaction a batch of changes, in order, until it succeeds.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "base/clock.h"
#include "boost/asio/any_io_executor.hpp"
#include "collector/issues/issue_judge.h"
#include "collector/storage/storage.h"

namespace steward::collector {

// Which channels hear of this issue. `reach` is the worst severity of its episode.
using RouteIssue = std::function<std::vector<std::string>(const v1::Issue& issue, Severity reach)>;

// Used on its executor's thread. All references outlive it.
class IssueWriter {
 public:
  // What is not stored yet waits here. Beyond this many changes those that only keep progress are dropped: they come again.
  static constexpr std::size_t kWaitingMax = 10'000;
  static constexpr absl::Duration kRetry = absl::Seconds(1);

  // `outbox_written` is called on the executor after a commit that wrote outbox rows.
  IssueWriter(Storage& storage, Clock& clock, boost::asio::any_io_executor executor, RouteIssue route,
              std::function<void()> outbox_written);
  ~IssueWriter();

  // `stored` is called on the executor once all of it is durable; never if the collector ends before.
  void Add(JudgeOutput output, std::function<void()> stored = {});

  // The machine is about to be deleted: of what waits only the deliveries are stored, so that its end is told.
  void Forget(const MachineId& machine_id) { forgotten_.insert(machine_id); }

  // Hands everything to the storage now: before a stop, when nobody will be there for the answer.
  void Flush() { WriteNext(); }

  // Nothing waits and nothing is under way.
  bool idle() const;
  // The storage refused the last write.
  bool failing() const { return failing_; }

 private:
  struct Row {
    MachineId machine_id;
    bool is_kept = true;  // the machine is
    IssueRecord record;
    std::optional<IssueEventRecord> event;
    std::optional<AuditRecord> audit;  // of the event; kept when the machine is not
    std::vector<OutboxRecord> deliveries;
    std::string setting_key, setting_value;  // a memory instead of an issue
    std::function<void()> stored;            // of the last row of an Add
  };
  using Rows = std::vector<Row>;

  void WriteNext();
  static absl::Status Store(const Row& row, StorageTransaction& transaction);
  void OnWritten(const absl::Status& status, const std::shared_ptr<const Rows>& rows);

  // By the routes; of an escalation, by those of the parties that are to hear of it.
  std::vector<std::string> ChannelsOf(const IssueChange& change) const;

  Storage& storage_;
  Clock& clock_;
  boost::asio::any_io_executor executor_;
  RouteIssue route_;
  std::function<void()> outbox_written_;
  Rows waiting_;
  absl::flat_hash_set<MachineId> forgotten_;
  bool under_way_ = false;
  bool failing_ = false;
  std::unique_ptr<Timer> retry_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

// Where a machine's memory is kept among the settings.
std::string MemorySettingKey(std::string_view machine_id);

}  // namespace steward::collector
