#include "collector/delivery/delivery_service.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_join.h"
#include "base/text.h"
#include "boost/asio/post.hpp"
#include "collector/audit/audit_note.h"
#include "collector/delivery/bundle.h"
#include "collector/delivery/retry.h"
#include "spdlog/spdlog.h"

namespace steward::collector {

// For callbacks that may come after the end.
template <typename Function>
auto DeliveryService::WhileAlive(Function function) {
  return [alive = std::weak_ptr(alive_), function = std::move(function)](auto&&... arguments) mutable {
    if (const auto still = alive.lock()) function(std::forward<decltype(arguments)>(arguments)...);
  };
}

DeliveryService::DeliveryService(Parts parts)
    : parts_(std::move(parts)),
      retry_timer_(parts_.clock.NewTimer(parts_.executor)),
      pulse_timer_(parts_.clock.NewTimer(parts_.executor)),
      keep_timer_(parts_.clock.NewTimer(parts_.executor)) {
  for (std::unique_ptr<Channel>& channel : parts_.channels) {
    Post post;
    post.metrics = std::make_unique<DeliveryMetrics>(parts_.registry, channel->name());
    const std::string name = channel->name();
    if (parts_.stages_of) post.stages = parts_.stages_of(name);
    post.channel = std::move(channel);
    posts_.emplace(name, std::move(post));
  }
  boost::asio::post(parts_.executor, WhileAlive([this] { Pulse(); }));
}

DeliveryService::~DeliveryService() = default;

void DeliveryService::Wake() {
  if (woken_.exchange(true)) return;
  boost::asio::post(parts_.executor, WhileAlive([this] {
                      woken_ = false;
                      Load();
                    }));
}

// Also proves that the outbox can be read, which the heartbeat asks for; what a failed read missed is taken up.
void DeliveryService::Pulse() {
  for (OutboxRecord& record : std::exchange(unbundled_, {})) posts_.at(record.channel).stages->Add(std::move(record), parts_.clock.WallNow());
  Load();
  pulse_timer_->Start(kPulse, [this] { Pulse(); });
}

void DeliveryService::Load() {
  std::vector<OutboxRecord> rows;
  const absl::Status status = parts_.storage.Read([&](StorageReader& reader) -> absl::Status {
    absl::StatusOr<std::vector<OutboxRecord>> waiting = reader.WaitingDeliveries();
    if (!waiting.ok()) return waiting.status();
    rows = *std::move(waiting);
    return resumed_ ? absl::OkStatus() : Resume(reader);
  });
  if (!status.ok()) {
    spdlog::error("the outbox cannot be read, will be tried again: {}", status.ToString());
    return;
  }
  for (OutboxRecord& row : rows) {
    if (row.id <= loaded_to_) continue;
    loaded_to_ = row.id;
    Enqueue(std::move(row));
  }
  if (to_keep_.empty()) parts_.progress.Moved();
  Dispatch();
}

// Tells channels whose receivers forget what theirs should know: of each issue the last word that was delivered.
absl::Status DeliveryService::Resume(StorageReader& reader) {
  constexpr std::size_t kLookedAt = 50'000;
  std::map<std::string, std::vector<Notification>> open;  // by channel
  for (const auto& [name, post] : posts_) {
    if (post.channel->forgets()) open[name] = {};
  }
  if (!open.empty()) {
    const absl::StatusOr<std::vector<OutboxRecord>> told = reader.ListDeliveries(kLookedAt);
    if (!told.ok()) return told.status();
    std::set<std::pair<std::string, std::string>> known;
    for (const OutboxRecord& record : *told) {  // newest first
      const bool ends = record.event == "resolved" && record.state != DeliveryState::kWaiting;
      if (!open.contains(record.channel) || (record.state != DeliveryState::kDelivered && !ends)) continue;
      if (!known.emplace(record.channel, record.issue_id).second || record.event == "resolved") continue;
      open[record.channel].push_back(NotificationOf(record));
    }
  }
  resumed_ = true;
  for (auto& [name, notifications] : open) posts_.at(name).channel->Resume(std::move(notifications));
  return absl::OkStatus();
}

void DeliveryService::Enqueue(OutboxRecord record) {
  const auto post = posts_.find(record.channel);
  if (post == posts_.end()) {
    spdlog::warn("a message for channel \"{}\" is dropped: it is no longer configured", record.channel);
    record.state = DeliveryState::kDead;
    record.last_answer = "the channel is no longer configured";
    Keep(std::move(record));
    return;
  }
  post->second.metrics->queue.Increment();
  if (post->second.stages != nullptr && record.attempts == 0 && record.event != kBundleEvent) {
    post->second.stages->Add(std::move(record), parts_.clock.WallNow());
    return;
  }
  CountBundled(record, true, post->second);
  std::string issue_id = record.issue_id;
  post->second.lanes[std::move(issue_id)].waiting.push_back(std::move(record));
}

void DeliveryService::CountBundled(const OutboxRecord& record, bool waits, Post& post) {
  if (record.event != kBundleEvent) return;
  for (const Notification::Part& part : NotificationOf(record).parts) {
    if (part.issue.id().empty()) continue;
    std::size_t& count = post.bundled[part.issue.id()];
    count += waits ? 1 : -1;
    if (count == 0) post.bundled.erase(part.issue.id());
  }
}

// Lets through what its stages let go.
void DeliveryService::Pass(Post& post, absl::Time now) {
  for (ChannelStages::Leaving& leaving : post.stages->Take(now)) {
    if (!leaving.reason.empty()) {
      Bundle(std::move(leaving));
      continue;
    }
    OutboxRecord& record = leaving.records.front();
    std::string issue_id = record.issue_id;
    post.lanes[std::move(issue_id)].waiting.push_back(std::move(record));
  }
}

// The bundle is loaded like any row once it is stored.
void DeliveryService::Bundle(ChannelStages::Leaving leaving) {
  const OutboxRecord bundle = BundleOf(leaving.reason, leaving.records, parts_.clock.WallNow());
  posts_.at(bundle.channel).metrics->queue.Decrement(static_cast<double>(leaving.records.size()));
  auto members = std::make_shared<const std::vector<OutboxRecord>>(std::move(leaving.records));
  auto on_done = [alive = std::weak_ptr(alive_), executor = parts_.executor, this, members](const absl::Status& status) {
    boost::asio::post(executor, [alive, this, members, status] {
      const auto still = alive.lock();
      if (!still) return;
      if (status.ok()) return Load();
      spdlog::error("messages cannot be stored as one, will be tried again: {}", status.ToString());
      posts_.at(members->front().channel).metrics->queue.Increment(static_cast<double>(members->size()));
      unbundled_.insert(unbundled_.end(), members->begin(), members->end());
    });
  };
  parts_.storage.Write([bundle, members](StorageTransaction& transaction) { return StoreBundle(bundle, *members, transaction); },
                       std::move(on_done));
}

void DeliveryService::Dispatch() {
  const absl::Time now = parts_.clock.WallNow();
  absl::Time next = absl::InfiniteFuture();
  for (auto& [name, post] : posts_) {
    if (post.stages != nullptr) {
      Pass(post, now);
      next = std::min(next, post.stages->next());
    }
    for (auto& [issue_id, lane] : post.lanes) {
      if (lane.under_way || lane.waiting.empty()) continue;
      if (post.bundled.contains(issue_id)) continue;  // what a bundle says of it comes first
      const absl::Time due = lane.waiting.front().next_attempt_time;
      if (due > now) {
        next = std::min(next, due);
      } else if (post.under_way < kUnderWayPerChannel) {
        Send(post, issue_id, lane);
      }  // else: sent when one of the others is done
    }
  }
  retry_timer_->Cancel();
  if (next != absl::InfiniteFuture()) retry_timer_->Start(next - now, [this] { Dispatch(); });
}

void DeliveryService::Send(Post& post, const std::string& issue_id, Lane& lane) {
  const OutboxRecord& record = lane.waiting.front();
  Notification notification = NotificationOf(record);
  notification.quiet = post.stages != nullptr && post.stages->IsQuietNow(notification.issue, parts_.clock.WallNow());
  lane.under_way = true;
  ++post.under_way;
  if (record.attempts > 0) post.metrics->retried.Increment();
  post.channel->Send(notification, WhileAlive([this, channel = record.channel, issue_id](const SendOutcome& outcome) {
                       OnOutcome(channel, issue_id, outcome);
                     }));
}

void DeliveryService::OnOutcome(const std::string& channel, const std::string& issue_id, const SendOutcome& outcome) {
  Post& post = posts_.at(channel);
  Lane& lane = post.lanes.at(issue_id);
  lane.under_way = false;
  --post.under_way;
  OutboxRecord& record = lane.waiting.front();
  ++record.attempts;
  record.last_answer = outcome.answer;
  const absl::Time now = parts_.clock.WallNow();
  switch (outcome.result) {
    case SendOutcome::Result::kDelivered:
      record.state = DeliveryState::kDelivered;
      post.metrics->sent.Increment();
      break;
    case SendOutcome::Result::kRetry:
      post.metrics->failed.Increment();
      record.next_attempt_time = now + RetryDelay(record.attempts, outcome.retry_after, parts_.random());
      if (record.next_attempt_time - record.created_time > kDeliveryExpires) record.state = DeliveryState::kDead;
      break;
    case SendOutcome::Result::kPermanent:
      post.metrics->failed.Increment();
      record.state = DeliveryState::kDead;
      break;
  }
  if (record.state == DeliveryState::kDead) {
    post.metrics->dead.Increment();
    spdlog::error("channel \"{}\" gives up message {} of issue {}: {}; {}", channel, record.idempotency_key, issue_id,
                  outcome.answer, outcome.remedy);
  } else if (record.state == DeliveryState::kWaiting && record.attempts == 1) {
    spdlog::warn("channel \"{}\": {}; {}", channel, outcome.answer, outcome.remedy);
  }
  Keep(record);
  if (record.state != DeliveryState::kWaiting) {
    post.metrics->queue.Decrement();
    CountBundled(record, false, post);
    lane.waiting.pop_front();
    if (lane.waiting.empty()) post.lanes.erase(issue_id);
  }
  Dispatch();
}

void DeliveryService::Keep(OutboxRecord record) {
  to_keep_.push_back(std::move(record));
  if (!keeping_) KeepNext();
}

// One at a time, in order; a failed one is tried again with the next pulse, while its message is not sent a second time.
void DeliveryService::KeepNext() {
  if (to_keep_.empty()) return;
  keeping_ = true;
  auto on_done = [alive = std::weak_ptr(alive_), executor = parts_.executor, this](const absl::Status& status) {
    boost::asio::post(executor, [alive, this, status] {
      const auto still = alive.lock();
      if (!still) return;
      keeping_ = false;
      if (status.ok() || absl::IsNotFound(status)) {
        to_keep_.pop_front();
        KeepNext();
        return;
      }
      spdlog::error("what became of a message cannot be stored, will be tried again: {}", status.ToString());
      keeping_ = true;
      keep_timer_->Start(kPulse, [this] { KeepNext(); });
    });
  };
  parts_.storage.Write([record = to_keep_.front()](StorageTransaction& transaction) { return transaction.UpdateDelivery(record); },
                       std::move(on_done));
}

void DeliveryService::TestChannel(const std::string& channel,
                                  std::function<void(absl::StatusOr<v1::TestChannelResponse>)> done) {
  boost::asio::post(parts_.executor, WhileAlive([this, channel, done = std::move(done)] {
    const auto post = posts_.find(channel);
    if (post == posts_.end()) {
      const std::string known = absl::StrJoin(posts_, ", ", [](std::string* out, const auto& entry) { out->append(entry.first); });
      done(absl::NotFoundError(StrCat("there is no channel \"", channel, "\"; ",
                                      known.empty() ? "none is configured: add a [[channel]] to collector.toml" : StrCat("there is ", known))));
      return;
    }
    Notification test;
    test.event = "test";
    test.time = parts_.clock.WallNow();
    test.idempotency_key = StrCat("test-", absl::ToUnixMillis(test.time));
    post->second.channel->Send(test, [done](const SendOutcome& outcome) {
      v1::TestChannelResponse response;
      response.set_delivered(outcome.result == SendOutcome::Result::kDelivered);
      response.set_answer(outcome.answer);
      response.set_remedy(outcome.remedy);
      done(response);
    });
  }));
}

void DeliveryService::RetryDeliveries(const std::string& key, const std::string& channel, const std::string& by,
                                      std::function<void(absl::StatusOr<std::vector<OutboxRecord>>)> done) {
  boost::asio::post(parts_.executor, WhileAlive([this, key, channel, by, done = std::move(done)] {
    absl::StatusOr<std::vector<OutboxRecord>> found = FindDead(parts_.storage, key, channel);
    if (!found.ok()) return done(found.status());
    for (OutboxRecord& record : *found) {
      if (!posts_.contains(record.channel)) {
        return done(absl::FailedPreconditionError(StrCat("channel \"", record.channel, "\" is not configured any more; add it to collector.toml first")));
      }
      record.state = DeliveryState::kWaiting;
      record.next_attempt_time = parts_.clock.WallNow();
      record.attempts = std::max<std::uint32_t>(record.attempts, 1);  // past the stages: somebody wants it now
    }
    SendOnceMore(*std::move(found), by, done);
  }));
}

void DeliveryService::SendOnceMore(std::vector<OutboxRecord> records, const std::string& by,
                                   std::function<void(absl::StatusOr<std::vector<OutboxRecord>>)> done) {
  const AuditNote note{by, parts_.clock.WallNow(), ""};
  const auto store = [records, note](StorageTransaction& transaction) {
    absl::Status status;
    for (const OutboxRecord& record : records) {
      status.Update(transaction.UpdateDelivery(record));
      status.Update(transaction.AddAudit(note.Of("delivery-retried", StrCat("delivery ", record.idempotency_key), "dead",
                                                 StrCat("waiting for channel ", record.channel))));
    }
    return status;
  };
  auto on_stored = WhileAlive([this, records, done = std::move(done)](const absl::Status& status) {
    if (!status.ok()) return done(status);
    for (const OutboxRecord& record : records) Enqueue(record);
    Dispatch();
    done(records);
  });
  parts_.storage.Write(store, [executor = parts_.executor, on_stored](const absl::Status& status) {
    boost::asio::post(executor, [on_stored, status]() mutable { on_stored(status); });
  });
}

}  // namespace steward::collector
