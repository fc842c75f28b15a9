// What deliveries count: steward_delivery_*.
#pragma once

#include <string>

#include "prometheus/counter.h"
#include "prometheus/family.h"
#include "prometheus/gauge.h"
#include "prometheus/registry.h"

namespace steward::collector {

// Of one channel. Thread-safe.
struct DeliveryMetrics {
  DeliveryMetrics(prometheus::Registry& registry, const std::string& channel);

  prometheus::Counter& sent;     // taken by the receiver
  prometheus::Counter& failed;   // attempts that were not
  prometheus::Counter& retried;  // attempts after the first
  prometheus::Counter& dead;     // given up: refused for good, or too old
  prometheus::Gauge& queue;      // waiting now
};

}  // namespace steward::collector
