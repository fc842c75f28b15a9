// The collector: all its parts, made in order, started and stopped together.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "base/clock.h"
#include "boost/asio/io_context.hpp"
#include "collector/config/config.h"
#include "collector/rules/os_support.h"
#include "collector/rules/rule_definition.h"

namespace steward::collector {

struct CollectorOptions {
  Config config;
  std::filesystem::path data;
  std::string version;
  std::vector<RuleDefinition> own_rules = {};  // [[rule]] of the configuration
  OsSupport os_support = OsSupport::Shipped();
  std::string policy_text = {};                // the configuration's policy part, as it was written
};

// Made and used on the thread that runs `core`.
class Collector {
 public:
  // How long the agents' streams may take to end when the collector stops.
  static constexpr absl::Duration kStopGrace = absl::Seconds(2);

  // Opens the data directory (makes what a new one lacks), takes up what was stored, and listens.
  // `clock` and `core` outlive the collector. Errors say what is wrong and what to do.
  static absl::StatusOr<std::unique_ptr<Collector>> Start(CollectorOptions options, Clock& clock, boost::asio::io_context& core);
  virtual ~Collector() = default;

  virtual std::string agents_address() const = 0;  // 127.0.0.1:7443
  virtual std::string http_url() const = 0;        // http://127.0.0.1:7480

  // Ends the agents' streams with UNAVAILABLE, makes everything under way durable, then calls `stopped` on the core thread,
  // which must run until then.
  virtual void Stop(std::function<void()> stopped) = 0;
};

}  // namespace steward::collector
