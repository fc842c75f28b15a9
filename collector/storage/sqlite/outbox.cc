#include <algorithm>
#include <limits>

#include "absl/strings/str_cat.h"
#include "collector/storage/sqlite/issues.h"
#include "collector/storage/stored_time.h"

namespace steward::collector {
namespace {

#define STEWARD_SELECT_DELIVERY                                                                             \
  "SELECT id, idempotency_key, channel, event, issue_id, body, state, attempts, created_ms, "             \
  "next_attempt_ms, last_answer FROM outbox "

std::vector<OutboxRecord> ReadDeliveries(Query& query) {
  std::vector<OutboxRecord> deliveries;
  while (query.Next()) {
    OutboxRecord delivery;
    delivery.id = query.Integer(0);
    delivery.idempotency_key = query.Text(1);
    delivery.channel = query.Text(2);
    delivery.event = query.Text(3);
    delivery.issue_id = query.Text(4);
    delivery.body = query.Text(5);
    delivery.state = static_cast<DeliveryState>(query.Integer(6));
    delivery.attempts = static_cast<std::uint32_t>(query.Integer(7));
    delivery.created_time = FromStoredMs(query.Integer(8));
    delivery.next_attempt_time = FromStoredMs(query.Integer(9));
    delivery.last_answer = query.Text(10);
    deliveries.push_back(std::move(delivery));
  }
  return deliveries;
}

}  // namespace

absl::StatusOr<std::vector<OutboxRecord>> WaitingDeliveries(Connection& connection) {
  Query query(connection, STEWARD_SELECT_DELIVERY "WHERE state = 1 ORDER BY id");
  return ReadDeliveries(query);
}

absl::StatusOr<std::vector<OutboxRecord>> ListDeliveries(Connection& connection, std::size_t max) {
  constexpr std::size_t kLimitMax = std::numeric_limits<std::int64_t>::max();
  Query query(connection, STEWARD_SELECT_DELIVERY "ORDER BY id DESC LIMIT ?1",
              static_cast<std::int64_t>(std::min(max, kLimitMax)));
  return ReadDeliveries(query);
}

absl::Status AddDelivery(Connection& connection, const OutboxRecord& delivery) {
  const int added = Query(connection,
                          "INSERT INTO outbox (idempotency_key, channel, event, issue_id, body, state, attempts, "
                          "created_ms, next_attempt_ms, last_answer) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10) "
                          "ON CONFLICT (idempotency_key, channel) DO NOTHING",
                          delivery.idempotency_key, delivery.channel, delivery.event, delivery.issue_id,
                          Bytes(delivery.body), static_cast<std::int64_t>(delivery.state), delivery.attempts,
                          ToStoredMs(delivery.created_time), ToStoredMs(delivery.next_attempt_time),
                          delivery.last_answer)
                        .Run();
  if (added == 1) return absl::OkStatus();
  return absl::AlreadyExistsError(
      absl::StrCat("delivery ", delivery.idempotency_key, " to channel ", delivery.channel, " is in the outbox"));
}

absl::Status UpdateDelivery(Connection& connection, const OutboxRecord& delivery) {
  const int changed = Query(connection,
                            "UPDATE outbox SET state = ?2, attempts = ?3, next_attempt_ms = ?4, last_answer = ?5 "
                            "WHERE id = ?1",
                            delivery.id, static_cast<std::int64_t>(delivery.state), delivery.attempts,
                            ToStoredMs(delivery.next_attempt_time), delivery.last_answer)
                          .Run();
  return changed == 1 ? absl::OkStatus() : absl::NotFoundError(absl::StrCat("no delivery ", delivery.id));
}

}  // namespace steward::collector
