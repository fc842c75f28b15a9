// Stands between a machine's uplink and its stream and tells the tally which batches leave.
#pragma once

#include <memory>

#include "agent/uplink/stream.h"
#include "tests/fleet/delivery_tally.h"

namespace steward::fleet {

class CountingConnector final : public agent::UplinkConnector {
 public:
  // Both outlive the connector and its streams.
  CountingConnector(agent::UplinkConnector& inner, DeliveryTally& tally) : inner_(inner), tally_(tally) {}

  std::unique_ptr<agent::UplinkStream> Connect(const agent::ChannelSettings& settings,
                                               agent::UplinkStream::Handler& handler) override;

 private:
  agent::UplinkConnector& inner_;
  DeliveryTally& tally_;
};

}  // namespace steward::fleet
