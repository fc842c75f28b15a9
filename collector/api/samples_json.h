// The answer of QuerySamples as JSON, in protobuf's mapping. Protobuf's own writer builds a tree of the message first: some
// 10 us and a kilobyte a point, and an answer may hold hundreds of thousands.
#pragma once

#include <string>

#include "steward/v1/management.pb.h"

namespace steward::collector {

// Fields that hold their default are printed, as everywhere in the API. Times must be in the years 1 to 9999.
std::string SamplesJson(const v1::QuerySamplesResponse& response);

}  // namespace steward::collector
