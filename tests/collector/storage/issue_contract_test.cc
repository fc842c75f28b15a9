// Issues with their history, and the outbox.
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/collector/storage/storage_kinds.h"

namespace steward::collector {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class IssueContract : public StorageContract {
 protected:
  static IssueRecord Issue(const std::string& id, const std::string& state, std::int64_t opened) {
    IssueRecord record;
    record.issue.set_id(id);
    record.issue.set_state(state);
    record.issue.set_machine_id(kMachine);
    (state == "pending" ? record.issue.mutable_raised_time() : record.issue.mutable_opened_time())->set_seconds(opened);
    record.dedupe_key = absl::StrCat("main/disk/", id);
    record.transition = 3;
    record.rule_state = std::string("\0\1", 2);
    return record;
  }
  absl::Status Put(const IssueRecord& issue) {
    return Write([&](StorageTransaction& t) { return t.PutIssue(issue); });
  }
  absl::Status Add(const OutboxRecord& delivery) {
    return Write([&](StorageTransaction& t) { return t.AddDelivery(delivery); });
  }
  std::vector<std::string> Ids(bool include_ended) {
    std::vector<std::string> ids;
    const auto issues = Read([&](StorageReader& r) { return r.ListIssues(include_ended); });
    for (const IssueRecord& issue : *issues) {
      ids.push_back(issue.issue.id());
    }
    return ids;
  }
  std::vector<std::string> Keys(const absl::StatusOr<std::vector<OutboxRecord>>& deliveries) {
    std::vector<std::string> keys;
    for (const OutboxRecord& delivery : *deliveries) keys.push_back(delivery.idempotency_key);
    return keys;
  }
  static OutboxRecord Delivery(const std::string& key, double created) {
    OutboxRecord delivery;
    delivery.idempotency_key = key;
    delivery.channel = "partner";
    delivery.event = "opened";
    delivery.issue_id = "i1";
    delivery.body = std::string("b\0y", 3);
    delivery.created_time = At(created);
    delivery.next_attempt_time = At(created);
    return delivery;
  }
};

TEST_P(IssueContract, ListsIssuesNewestFirst) {
  ASSERT_TRUE(Put(Issue("old", "open", 100)).ok());
  ASSERT_TRUE(Put(Issue("new", "acknowledged", 300)).ok());
  ASSERT_TRUE(Put(Issue("raised", "pending", 200)).ok());
  ASSERT_TRUE(Put(Issue("gone", "resolved", 250)).ok());
  ASSERT_TRUE(Put(Issue("closed", "closed", 50)).ok());
  EXPECT_THAT(Ids(false), ElementsAre("new", "raised", "old"));
  EXPECT_THAT(Ids(true), ElementsAre("new", "gone", "raised", "old", "closed"));
}

TEST_P(IssueContract, ReplacesAnIssueById) {
  ASSERT_TRUE(Put(Issue("i1", "open", 100)).ok());
  ASSERT_TRUE(Put(Issue("i1", "resolved", 100)).ok());
  EXPECT_THAT(Ids(false), IsEmpty());
  const auto stored = Read([](StorageReader& r) { return r.GetIssue("i1"); });
  EXPECT_EQ(stored->issue.SerializeAsString(), Issue("i1", "resolved", 100).issue.SerializeAsString());
  EXPECT_EQ(stored->dedupe_key, "main/disk/i1");
  EXPECT_EQ(stored->transition, 3u);
  EXPECT_EQ(stored->rule_state, std::string("\0\1", 2));
  EXPECT_EQ(Read([](StorageReader& r) { return r.GetIssue("i2"); }).status().code(), absl::StatusCode::kNotFound);
}

TEST_P(IssueContract, KeepsTheHistoryInOrder) {
  IssueEventRecord event{"i1", At(5.25), "rules", "raise", "", "pending", "disk"};
  const auto add = [&] { return Write([&](StorageTransaction& t) { return t.AddIssueEvent(event); }); };
  EXPECT_EQ(add().code(), absl::StatusCode::kNotFound);
  ASSERT_TRUE(Put(Issue("i1", "open", 100)).ok());
  ASSERT_TRUE(add().ok());
  event.time = At(4);  // a clock may step; the order of writing counts
  event.action = "open";
  ASSERT_TRUE(add().ok());
  const auto events = Read([](StorageReader& r) { return r.ListIssueEvents("i1"); });
  ASSERT_EQ(events->size(), 2u);
  EXPECT_EQ((*events)[0].action, "raise");
  EXPECT_EQ((*events)[0].time, At(5.25));
  EXPECT_EQ((*events)[0].actor, "rules");
  EXPECT_EQ((*events)[0].to, "pending");
  EXPECT_EQ((*events)[0].reason, "disk");
  EXPECT_EQ((*events)[1].action, "open");
}

TEST_P(IssueContract, HoldsDeliveriesUntilTheyAreDone) {
  ASSERT_TRUE(Add(Delivery("k1", 10)).ok());
  ASSERT_TRUE(Add(Delivery("k2", 5)).ok());
  EXPECT_EQ(Add(Delivery("k1", 20)).code(), absl::StatusCode::kAlreadyExists);
  OutboxRecord other = Delivery("k1", 20);
  other.channel = "mail";
  ASSERT_TRUE(Add(other).ok());
  auto waiting = Read([](StorageReader& r) { return r.WaitingDeliveries(); });
  EXPECT_THAT(Keys(waiting), ElementsAre("k1", "k2", "k1"));
  OutboxRecord first = waiting->front();
  EXPECT_EQ(first.body, std::string("b\0y", 3));
  EXPECT_EQ(first.event, "opened");
  EXPECT_EQ(first.issue_id, "i1");
  EXPECT_EQ(first.created_time, At(10));
  first.state = DeliveryState::kDelivered;
  first.attempts = 2;
  first.next_attempt_time = absl::InfiniteFuture();
  first.last_answer = "204";
  ASSERT_TRUE(Write([&](StorageTransaction& t) { return t.UpdateDelivery(first); }).ok());
  EXPECT_THAT(Keys(Read([](StorageReader& r) { return r.WaitingDeliveries(); })), ElementsAre("k2", "k1"));
  const auto all = Read([](StorageReader& r) { return r.ListDeliveries(10); });
  EXPECT_THAT(Keys(all), ElementsAre("k1", "k2", "k1"));
  EXPECT_EQ(all->back().last_answer, "204");
  EXPECT_EQ(all->back().attempts, 2u);
  EXPECT_EQ(all->back().next_attempt_time, absl::InfiniteFuture());
  EXPECT_EQ(Read([](StorageReader& r) { return r.ListDeliveries(1); })->size(), 1u);
  first.id = 999;
  EXPECT_EQ(Write([&](StorageTransaction& t) { return t.UpdateDelivery(first); }).code(), absl::StatusCode::kNotFound);
}

TEST_P(IssueContract, AToleratedDuplicateDoesNotUndoTheRest) {
  ASSERT_TRUE(Add(Delivery("k1", 10)).ok());
  ASSERT_TRUE(Write([&](StorageTransaction& t) {
                EXPECT_EQ(t.AddDelivery(Delivery("k1", 10)).code(), absl::StatusCode::kAlreadyExists);
                return t.PutSetting("went", "on");
              }).ok());
  EXPECT_EQ(*Read([](StorageReader& r) { return r.GetSetting("went"); }), "on");
}

TEST_P(IssueContract, ForgetsWhatEndedLongAgo) {
  ASSERT_TRUE(Put(Issue("live", "open", 100)).ok());
  IssueRecord ended = Issue("ended", "resolved", 100);
  ended.issue.mutable_resolved_time()->set_seconds(absl::ToUnixSeconds(At(10)));
  ASSERT_TRUE(Put(ended).ok());
  ASSERT_TRUE(Write([](StorageTransaction& t) { return t.AddIssueEvent({"ended", At(1), "", "", "", "", ""}); }).ok());
  ASSERT_TRUE(Add(Delivery("waits", 1)).ok());
  ASSERT_TRUE(Add(Delivery("done", 1)).ok());
  ASSERT_TRUE(Write([](StorageTransaction& t) {
                OutboxRecord done = t.WaitingDeliveries()->back();
                done.state = DeliveryState::kDead;
                return t.UpdateDelivery(done);
              }).ok());
  const auto expire = [&](double before) {
    EXPECT_TRUE(Write([&](StorageTransaction& t) { return t.Expire({.records = At(before)}).status(); }).ok());
  };
  expire(1);
  EXPECT_THAT(Ids(true), testing::UnorderedElementsAre("live", "ended"));
  expire(11);
  EXPECT_THAT(Ids(true), ElementsAre("live"));
  EXPECT_THAT(*Read([](StorageReader& r) { return r.ListIssueEvents("ended"); }), IsEmpty());
  EXPECT_THAT(Keys(Read([](StorageReader& r) { return r.ListDeliveries(10); })), ElementsAre("waits"));
}

INSTANTIATE_TEST_SUITE_P(Every, IssueContract, testing::ValuesIn(StorageKinds()), KindName);

}  // namespace
}  // namespace steward::collector
