// What a DescriptorSet adds to those that are stored for its epoch.
#pragma once

#include "absl/status/statusor.h"
#include "steward/v1/sample.pb.h"

namespace steward::collector {

// The groups and series of `sent` that `stored` lacks, under the same epoch; empty if there are none.
// InvalidArgument: an id that `stored`, or `sent` itself, gives another meaning.
absl::StatusOr<v1::DescriptorSet> NewDescriptors(const v1::DescriptorSet& stored, const v1::DescriptorSet& sent);

}  // namespace steward::collector
