// [checks], [[check]] and [[scrape]] of agent.toml.
#pragma once

#include "agent/config_reader.h"
#include "agent/probe_settings.h"

namespace steward::agent {

// What is wrong is told by `reader`.
void ReadProbeSettings(const toml::table& document, ConfigReader& reader, ProbeSettings& settings);

}  // namespace steward::agent
