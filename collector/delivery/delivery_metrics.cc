#include "collector/delivery/delivery_metrics.h"

namespace steward::collector {
namespace {

prometheus::Counter& Counter(prometheus::Registry& registry, const char* name, const char* help, const std::string& channel) {
  return prometheus::BuildCounter().Name(name).Help(help).Register(registry).Add({{"channel", channel}});
}

}  // namespace

DeliveryMetrics::DeliveryMetrics(prometheus::Registry& registry, const std::string& channel)
    : sent(Counter(registry, "steward_delivery_sent_total", "Messages that the receiver has taken.", channel)),
      failed(Counter(registry, "steward_delivery_failed_total", "Attempts that did not deliver.", channel)),
      retried(Counter(registry, "steward_delivery_retried_total", "Attempts after the first.", channel)),
      dead(Counter(registry, "steward_delivery_dead_total", "Messages given up: refused for good, or too old.", channel)),
      queue(prometheus::BuildGauge()
                .Name("steward_delivery_queue")
                .Help("Messages waiting to be delivered.")
                .Register(registry)
                .Add({{"channel", channel}})) {}

}  // namespace steward::collector
