// What remote write counts: steward_remote_write_*.
#pragma once

#include <string>

#include "prometheus/counter.h"
#include "prometheus/family.h"
#include "prometheus/gauge.h"
#include "prometheus/registry.h"

namespace steward::collector {

// Of one target. Thread-safe.
struct RemoteWriteMetrics {
  RemoteWriteMetrics(prometheus::Registry& registry, const std::string& target);

  prometheus::Counter& samples;       // taken by the receiver, markers included
  prometheus::Counter& bytes;         // compressed, of all attempts
  prometheus::Counter& requests;      // attempts
  prometheus::Counter& retries;       // attempts that were not answered, or with "again later"
  prometheus::Counter& out_of_order;  // samples given up: older than what the receiver has, or than what it takes
  prometheus::Counter& refused;       // samples given up: the receiver says they are wrong
  prometheus::Counter& too_large;     // samples given up: too large even alone
  prometheus::Gauge& pending;         // samples in memory, not yet taken
  prometheus::Gauge& lag;             // age of the oldest commit that the receiver does not have
  prometheus::Gauge& up;              // 1: the last request was answered well
};

}  // namespace steward::collector
