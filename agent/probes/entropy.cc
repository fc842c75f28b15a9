#include "agent/probes/entropy.h"

#include <optional>

#include "agent/platform/platform.h"
#include "agent/probes/attributes.h"

namespace steward::agent {
namespace {

constexpr std::string_view kDirectory = "/proc/sys/kernel/random";

constexpr Metric kAvailable = {.name = "node_entropy_available_bits", .help = "Bits of available entropy."};
constexpr Metric kPoolSize = {.name = "node_entropy_pool_size_bits", .help = "Bits of entropy pool."};

class EntropyProbe final : public Probe {
 public:
  explicit EntropyProbe(Platform& platform) : attributes_(platform) {}
  std::string_view name() const override { return "entropy"; }
  absl::Status Collect(SampleSink& sink) override {
    const std::optional<std::int64_t> available = attributes_.Integer(kDirectory, "entropy_avail");
    if (!available.has_value()) return attributes_.NothingRead("the kernel does not tell its entropy");
    sink.Add(kAvailable, {}, *available);
    const std::optional<std::int64_t> pool_size = attributes_.Integer(kDirectory, "poolsize");
    if (pool_size.has_value()) sink.Add(kPoolSize, {}, *pool_size);
    return absl::OkStatus();
  }

 private:
  AttributeReader attributes_;
};

}  // namespace

std::unique_ptr<Probe> MakeEntropyProbe(Platform& platform) { return std::make_unique<EntropyProbe>(platform); }

}  // namespace steward::agent
