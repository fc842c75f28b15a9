// Printers of the machine's own CUPS: stopped, in need of somebody, out of supply.
#pragma once

#include <memory>
#include <string_view>

#include "absl/time/time.h"
#include "agent/probe.h"

namespace steward::agent {

inline constexpr absl::Duration kPrintersInterval = absl::Minutes(5);
inline constexpr absl::Duration kPrintersDeadline = absl::Seconds(20);
inline constexpr int kPrintersMax = 100;

// `text` as Tool::kPrinters gives it. Alerts are IPP's printer-state-reasons (RFC 8011, 5.4.12), which end in -report,
// -warning or -error. Lines it does not know are passed over.
void ParsePrinters(std::string_view text, SampleSink& sink);

std::unique_ptr<Probe> MakePrintersProbe(Platform& platform);

}  // namespace steward::agent
