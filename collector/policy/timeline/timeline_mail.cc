#include "collector/policy/timeline/timeline_mail.h"

#include <set>
#include <utility>

#include "collector/issues/issue_ids.h"

namespace steward::collector {

void TimelineMail::Add(const IssueChange& change, absl::Time now) {
  if (change.notify.empty()) return;
  OutboxRecord record;
  record.idempotency_key = IdempotencyKey(change.record);
  record.event = change.notify;
  record.issue_id = change.record.issue.id();
  record.body = change.record.issue.SerializeAsString();
  record.created_time = now;
  std::set<std::string> parties(change.parties.begin(), change.parties.end());
  if (parties.empty()) parties.insert(change.record.issue.party());
  for (const std::string& party : parties) {
    auto box = boxes_.find(party);
    if (box == boxes_.end()) {
      ChannelStages stages(ChannelConfig(), DeliveryHours(hours_), [](const v1::Issue&) { return "by-severity"; });
      box = boxes_.emplace(party, Box{std::move(stages)}).first;
    }
    box->second.stages.Add(record, now);
  }
}

void TimelineMail::Pass(absl::Time now) {
  for (auto& [party, box] : boxes_) {
    if (box.stages.next() > now) continue;
    for (const ChannelStages::Leaving& leaving : box.stages.Take(now)) {
      box.sent += leaving.reason.empty() ? static_cast<int>(leaving.records.size()) : 1;
    }
  }
}

int TimelineMail::Take(const std::string& party) {
  const auto box = boxes_.find(party);
  return box == boxes_.end() ? 0 : std::exchange(box->second.sent, 0);
}

}  // namespace steward::collector
