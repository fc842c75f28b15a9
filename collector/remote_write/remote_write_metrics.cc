#include "collector/remote_write/remote_write_metrics.h"

namespace steward::collector {
namespace {

prometheus::Counter& Counter(prometheus::Registry& registry, const char* name, const char* help,
                             const prometheus::Labels& labels) {
  return prometheus::BuildCounter().Name(name).Help(help).Register(registry).Add(labels);
}

prometheus::Gauge& Gauge(prometheus::Registry& registry, const char* name, const char* help,
                         const prometheus::Labels& labels) {
  return prometheus::BuildGauge().Name(name).Help(help).Register(registry).Add(labels);
}

prometheus::Counter& Failed(prometheus::Registry& registry, const std::string& target, const char* reason) {
  return Counter(registry, "steward_remote_write_failed_total", "Samples that were given up, by reason.",
                 {{"target", target}, {"reason", reason}});
}

}  // namespace

RemoteWriteMetrics::RemoteWriteMetrics(prometheus::Registry& registry, const std::string& target)
    : samples(Counter(registry, "steward_remote_write_samples_total", "Samples that the receiver has taken.",
                      {{"target", target}})),
      bytes(Counter(registry, "steward_remote_write_bytes_total", "Compressed bytes of all requests.",
                    {{"target", target}})),
      requests(Counter(registry, "steward_remote_write_requests_total", "Requests, repeated ones too.",
                       {{"target", target}})),
      retries(Counter(registry, "steward_remote_write_retries_total",
                      "Requests that are repeated: no answer, or \"later\".", {{"target", target}})),
      out_of_order(Failed(registry, target, "out_of_order")),
      refused(Failed(registry, target, "refused")),
      too_large(Failed(registry, target, "too_large")),
      pending(Gauge(registry, "steward_remote_write_pending_samples",
                    "Samples read from the store that wait for the receiver.", {{"target", target}})),
      lag(Gauge(registry, "steward_remote_write_lag_seconds",
                "How long the receiver has not been level with the store.", {{"target", target}})),
      up(Gauge(registry, "steward_remote_write_up", "1 if the last request was answered well.", {{"target", target}})) {
}

}  // namespace steward::collector
