#include <utility>

#include "base/text.h"
#include "collector/api/messages.h"
#include "collector/api/services.h"
#include "steward/v1/delivery.pb.h"

namespace steward::collector {
namespace {

absl::StatusOr<v1::ListDeliveriesResponse> ListDeliveries(Storage& storage, const v1::ListDeliveriesRequest& request) {
  const std::string& state = request.state();
  if (!state.empty() && state != "waiting" && state != "delivered" && state != "dead") {
    return absl::InvalidArgumentError(StrCat("state is waiting, delivered or dead, not \"", state, "\""));
  }
  v1::ListDeliveriesResponse response;
  const absl::Status read = storage.Read([&](StorageReader& reader) {
    const auto deliveries = reader.ListDeliveries(kDeliveriesShown);
    if (!deliveries.ok()) return deliveries.status();
    for (const OutboxRecord& record : *deliveries) {
      v1::Delivery delivery = DeliveryMessage(record);
      if (state.empty() || delivery.state() == state) *response.add_deliveries() = std::move(delivery);
    }
    return absl::OkStatus();
  });
  if (!read.ok()) return read;
  return response;
}

}  // namespace

void AddChannelService(Storage& storage, ChannelTester& channels, RpcTable& rpc) {
  rpc.Add<v1::TestChannelRequest, v1::TestChannelResponse>(
      "steward.v1.ChannelService.TestChannel", [&](const Caller&, const auto& request, auto done) {
        channels.TestChannel(request.channel(), std::move(done));
      });
  rpc.Add<v1::RetryDeliveryRequest, v1::RetryDeliveryResponse>(
      "steward.v1.DeliveryService.RetryDelivery", [&](const Caller& caller, const auto& request, auto done) {
        channels.RetryDeliveries(request.idempotency_key(), request.channel(), WhoActs(caller), [done = std::move(done)](const auto& records) {
          if (!records.ok()) return done(records.status());
          v1::RetryDeliveryResponse response;
          for (const OutboxRecord& record : *records) *response.add_deliveries() = DeliveryMessage(record);
          done(response);
        });
      });
  rpc.AddImmediate<v1::ListDeliveriesRequest, v1::ListDeliveriesResponse>(
      "steward.v1.ChannelService.ListDeliveries",
      [&](const Caller&, const auto& request) { return ListDeliveries(storage, request); });
}

}  // namespace steward::collector
