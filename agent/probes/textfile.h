// What the company's own scripts write: *.prom files in Prometheus' text format, in the directories where node_exporter is
// told to look for them on Debian and elsewhere, and in one of ours.
#pragma once

#include <array>
#include <memory>
#include <string_view>

#include "agent/probe.h"

namespace steward::agent {

inline constexpr std::array<std::string_view, 3> kTextfileDirectories = {
    "/etc/steward/textfile", "/var/lib/node_exporter/textfile_collector", "/var/lib/prometheus/node-exporter"};
// More are left out, and said so.
inline constexpr std::size_t kTextfilesMax = 100;
inline constexpr std::size_t kTextfileBytesMax = std::size_t{1} << 20;
inline constexpr std::size_t kTextfileSeriesMax = 1000;  // of all files together

// Labels instance, machine, site and class travel as exported_instance and so on. A file that is not understood is left out
// whole: node_textfile_scrape_error is 1 then, and the log says where and why, once.
std::unique_ptr<Probe> MakeTextfileProbe(Platform& platform);

}  // namespace steward::agent
