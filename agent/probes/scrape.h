// Prometheus exporters of this machine ([[scrape]] of agent.toml): those of their metrics that are named there.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "agent/probe.h"
#include "agent/probe_settings.h"

namespace steward::agent {

inline constexpr std::size_t kScrapeBytesMax = std::size_t{4} << 20;
inline constexpr std::size_t kScrapesAtOnce = 2;

// Whether `metric` is one of `wanted`: the same, or a beginning with '*' behind it.
bool IsWanted(std::string_view metric, const std::vector<std::string>& wanted);

// Each is asked in a thread beside the sampling, and what it said last is reported. Every series gets the label scrape, the
// exporter's name, so that two of one kind do not clash; its own labels instance, machine, site, class and scrape travel as
// exported_instance and so on. One that does not answer in time, or not as it should, or with more series than it may, gives
// nothing: steward_scrape_up is 0 then, and the log says why, once. NotFound: none is named.
std::unique_ptr<Probe> MakeScrapeProbe(Platform& platform, const ProbeSettings& settings);

}  // namespace steward::agent
