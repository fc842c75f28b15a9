// The implementations that the contract tests run against.
#pragma once

#include <vector>

#include "tests/collector/storage/storage_contract.h"

namespace steward::collector {

std::vector<StorageKind> StorageKinds();
inline std::string KindName(const testing::TestParamInfo<StorageKind>& info) { return info.param.name; }

}  // namespace steward::collector
