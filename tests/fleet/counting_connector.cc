#include "tests/fleet/counting_connector.h"

#include <cstdint>
#include <utility>

namespace steward::fleet {
namespace {

class CountingStream final : public agent::UplinkStream {
 public:
  CountingStream(std::unique_ptr<agent::UplinkStream> inner, DeliveryTally& tally)
      : inner_(std::move(inner)), tally_(tally) {}

  void Write(const v1::AgentMessage& message) override {
    if (message.has_segment()) epoch_ = message.segment().epoch();
    if (message.has_batch()) tally_.OnSent(epoch_, message.batch().sequence());
    inner_->Write(message);
  }
  void Cancel() override { inner_->Cancel(); }

 private:
  const std::unique_ptr<agent::UplinkStream> inner_;
  DeliveryTally& tally_;
  std::uint64_t epoch_ = 0;
};

}  // namespace

std::unique_ptr<agent::UplinkStream> CountingConnector::Connect(const agent::ChannelSettings& settings,
                                                                agent::UplinkStream::Handler& handler) {
  return std::make_unique<CountingStream>(inner_.Connect(settings, handler), tally_);
}

}  // namespace steward::fleet
