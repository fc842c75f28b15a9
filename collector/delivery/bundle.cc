#include "collector/delivery/bundle.h"

#include <algorithm>
#include <array>
#include <utility>

#include "absl/strings/escaping.h"
#include "base/text.h"
#include "openssl/sha.h"
#include "steward/v1/delivery.pb.h"

namespace steward::collector {

Notification NotificationOf(const OutboxRecord& record) {
  Notification notification;
  notification.event = record.event;
  notification.idempotency_key = record.idempotency_key;
  notification.time = record.created_time;
  if (record.event != kBundleEvent) {
    notification.issue.ParseFromString(record.body);
    return notification;
  }
  v1::MessageBundle bundle;
  bundle.ParseFromString(record.body);
  notification.reason = bundle.reason();
  for (v1::BundledMessage& message : *bundle.mutable_messages()) {
    notification.parts.push_back({message.event(), std::move(*message.mutable_issue())});
  }
  return notification;
}

OutboxRecord BundleOf(const std::string& reason, const std::vector<OutboxRecord>& members, absl::Time now) {
  constexpr std::size_t kKeyDigits = 32;
  v1::MessageBundle bundle;
  bundle.set_reason(reason);
  std::string keys;
  for (const OutboxRecord& member : members) {
    v1::BundledMessage& message = *bundle.add_messages();
    message.set_event(member.event);
    message.mutable_issue()->ParseFromString(member.body);
    message.set_idempotency_key(member.idempotency_key);
    StrAppend(&keys, member.idempotency_key, "\n");
  }
  std::array<unsigned char, SHA256_DIGEST_LENGTH> hash{};
  SHA256(reinterpret_cast<const unsigned char*>(keys.data()), keys.size(), hash.data());
  OutboxRecord record;
  record.idempotency_key = absl::BytesToHexString({reinterpret_cast<const char*>(hash.data()), hash.size()}).substr(0, kKeyDigits);
  record.channel = members.front().channel;
  record.event = kBundleEvent;
  record.body = bundle.SerializeAsString();
  record.created_time = record.next_attempt_time = now;
  return record;
}

absl::Status StoreBundle(const OutboxRecord& bundle, const std::vector<OutboxRecord>& members, StorageTransaction& transaction) {
  const absl::Status added = transaction.AddDelivery(bundle);
  if (!added.ok() && !absl::IsAlreadyExists(added)) return added;
  for (OutboxRecord member : members) {
    member.state = DeliveryState::kDelivered;
    member.last_answer = StrCat("sent with others as ", bundle.idempotency_key);
    const absl::Status updated = transaction.UpdateDelivery(member);
    if (!updated.ok() && !absl::IsNotFound(updated)) return updated;
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<OutboxRecord>> FindDead(Storage& storage, const std::string& key, const std::string& channel) {
  constexpr std::size_t kLookedAt = 50'000;
  if (key.empty()) return absl::InvalidArgumentError("name a delivery by its key or the beginning of it; `stewardctl deliveries --state dead` lists them");
  std::vector<OutboxRecord> dead;
  const absl::Status read = storage.Read([&](StorageReader& reader) -> absl::Status {
    absl::StatusOr<std::vector<OutboxRecord>> all = reader.ListDeliveries(kLookedAt);
    if (!all.ok()) return all.status();
    for (OutboxRecord& record : *all) {
      const bool named = record.idempotency_key.starts_with(key) && (channel.empty() || record.channel == channel);
      if (named && record.state == DeliveryState::kDead) dead.push_back(std::move(record));
    }
    return absl::OkStatus();
  });
  if (!read.ok()) return read;
  std::reverse(dead.begin(), dead.end());  // oldest first, as they were written
  if (dead.empty()) return absl::NotFoundError(StrCat("no delivery that was given up has the key \"", key, "\"; `stewardctl deliveries --state dead` lists them"));
  return dead;
}

}  // namespace steward::collector
