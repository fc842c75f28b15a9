#include "collector/issues/issue_writer.h"

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "boost/asio/post.hpp"
#include "collector/issues/issue_ids.h"
#include "spdlog/spdlog.h"

namespace steward::collector {

std::string MemorySettingKey(std::string_view machine_id) { return StrCat("fill-history/", machine_id); }

namespace {

// Rules are named with their version: "rule disk-space-low v1".
std::string ActorInTrail(const IssueEventRecord& event, const std::string& rule_version) {
  const std::size_t slash = rule_version.find('/');
  if (event.actor != "rules" || slash == std::string::npos) return event.actor;
  return StrCat("rule ", rule_version.substr(0, slash), " v", rule_version.substr(slash + 1));
}

AuditRecord AuditOf(const IssueEventRecord& event, const v1::Issue& issue) {
  const std::string& rule_version = issue.evidence().rule_version();
  AuditRecord record;
  record.time = event.time;
  record.actor = ActorInTrail(event, rule_version);
  record.action = event.action;
  record.object = StrCat("issue ", event.issue_id);
  record.from = event.from;
  record.to = event.to;
  record.reason = event.reason;
  record.basis = rule_version;
  return record;
}

}  // namespace

IssueWriter::IssueWriter(Storage& storage, Clock& clock, boost::asio::any_io_executor executor, RouteIssue route,
                         std::function<void()> outbox_written)
    : storage_(storage),
      clock_(clock),
      executor_(std::move(executor)),
      route_(std::move(route)),
      outbox_written_(std::move(outbox_written)),
      retry_(clock.NewTimer(executor_)) {}

IssueWriter::~IssueWriter() { *alive_ = false; }

std::vector<std::string> IssueWriter::ChannelsOf(const IssueChange& change) const {
  if (change.parties.empty()) return route_(change.record.issue, change.reach);
  std::vector<std::string> channels;
  v1::Issue issue = change.record.issue;
  const auto add = [&](const std::string& party) {
    issue.set_party(party);
    for (std::string& channel : route_(issue, change.reach)) {
      if (std::find(channels.begin(), channels.end(), channel) == channels.end()) channels.push_back(std::move(channel));
    }
  };
  for (const std::string& party : change.parties) add(party);
  if (channels.empty()) add("it-manager");  // an owner without a way to be told
  return channels;
}

bool IssueWriter::idle() const { return waiting_.empty() && !under_way_; }

void IssueWriter::Add(JudgeOutput output, std::function<void()> stored) {
  const absl::Time now = clock_.WallNow();
  const bool full = waiting_.size() >= kWaitingMax;
  for (IssueChange& change : output.changes) {
    if (full && !change.event) continue;
    Row row;
    if (!change.notify.empty()) {
      const std::string key = IdempotencyKey(change.record);
      for (const std::string& channel : ChannelsOf(change)) {
        OutboxRecord delivery;
        delivery.idempotency_key = key;
        delivery.channel = channel;
        delivery.event = change.notify;
        delivery.issue_id = change.record.issue.id();
        delivery.body = change.record.issue.SerializeAsString();
        delivery.created_time = delivery.next_attempt_time = now;
        row.deliveries.push_back(std::move(delivery));
      }
    }
    row.machine_id = change.record.dedupe_key.substr(0, change.record.dedupe_key.find('/'));
    if (change.event) row.audit = AuditOf(*change.event, change.record.issue);
    row.record = std::move(change.record);
    row.event = std::move(change.event);
    waiting_.push_back(std::move(row));
  }
  for (JudgeOutput::Memory& memory : output.memories) {
    if (full) break;
    Row row;
    row.machine_id = memory.machine_id;
    row.setting_key = MemorySettingKey(memory.machine_id);
    row.setting_value = std::move(memory.text);
    waiting_.push_back(std::move(row));
  }
  if (stored && waiting_.empty()) return stored();  // there was nothing to store
  if (stored) waiting_.back().stored = std::move(stored);
  if (!under_way_ && !failing_) WriteNext();
}

absl::Status IssueWriter::Store(const Row& row, StorageTransaction& transaction) {
  if (row.is_kept && !row.setting_key.empty()) return transaction.PutSetting(row.setting_key, row.setting_value);
  if (row.is_kept) {
    if (absl::Status status = transaction.PutIssue(row.record); !status.ok()) return status;
  }
  if (row.is_kept && row.event) {
    if (absl::Status status = transaction.AddIssueEvent(*row.event); !status.ok()) return status;
  }
  if (row.audit) {
    if (absl::Status status = transaction.AddAudit(*row.audit); !status.ok()) return status;
  }
  for (const OutboxRecord& delivery : row.deliveries) {
    const absl::Status status = transaction.AddDelivery(delivery);
    if (!status.ok() && !absl::IsAlreadyExists(status)) return status;  // there already: a repeat after a crash
  }
  return absl::OkStatus();
}

void IssueWriter::WriteNext() {
  if (waiting_.empty()) return;
  under_way_ = true;
  for (Row& row : waiting_) row.is_kept = !forgotten_.contains(row.machine_id);
  auto rows = std::make_shared<const Rows>(std::exchange(waiting_, {}));
  storage_.Write(
      [rows](StorageTransaction& transaction) -> absl::Status {
        for (const Row& row : *rows) {
          if (absl::Status status = Store(row, transaction); !status.ok()) return status;
        }
        return absl::OkStatus();
      },
      [this, rows, alive = std::weak_ptr(alive_), executor = executor_](const absl::Status& status) {
        boost::asio::post(executor, [this, rows, alive, status] {
          if (const auto still = alive.lock(); still && *still) OnWritten(status, rows);
        });
      });
}

void IssueWriter::OnWritten(const absl::Status& status, const std::shared_ptr<const Rows>& rows) {
  under_way_ = false;
  if (!status.ok()) {
    if (!failing_) spdlog::error("issues cannot be stored, will be tried again: {}", status.ToString());
    failing_ = true;
    waiting_.insert(waiting_.begin(), rows->begin(), rows->end());
    retry_->Start(kRetry, [this] { WriteNext(); });
    return;
  }
  if (failing_) spdlog::info("issues are stored again");
  failing_ = false;
  for (const Row& row : *rows) {
    if (row.stored) row.stored();
  }
  if (std::any_of(rows->begin(), rows->end(), [](const Row& row) { return !row.deliveries.empty(); })) outbox_written_();
  WriteNext();
}

}  // namespace steward::collector
