// What a collector keeps of people's machines, why, how long, and who reads it: for works councils and data protection
// officers, in their words.
#pragma once

#include <string>
#include <vector>

#include "absl/time/time.h"
#include "collector/config/config.h"

namespace steward::collector {

struct KeptKind {
  std::string what;
  std::string why;
  std::string kept;     // how long
  std::string readers;
  std::vector<std::string> tables;  // of the database; every table is in one kind, which a test asserts
};

// With the settings as they are. The same retention as collector/retention.h is used by the collector itself.
std::vector<KeptKind> KeptKinds(const Config& config);
// What is not collected at all.
std::vector<std::string> NeverKept();

std::string PrivacyReportText(const Config& config);
std::string PrivacyReportJson(const Config& config);

}  // namespace steward::collector
