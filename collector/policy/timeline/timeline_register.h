// What people enter in a timeline: register warranty ends=2027-03-01 name=Dell. Pure.
#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "collector/config/register_entry.h"

namespace steward::collector {

// Puts the entry into `entries`, in the place of the one of its kind and name; with gone instead of a date it is taken out. It
// is the machine's or, if its kind is a site's, the site's. InvalidArgument: how it is written.
absl::Status EnterRegister(const std::vector<std::string>& words, const std::string& machine, const std::string& site,
                           std::vector<RegisterEntry>& entries);

}  // namespace steward::collector
