// From what a person types to one machine.
#pragma once

#include <string_view>

#include "absl/status/statusor.h"
#include "collector/storage/storage.h"

namespace steward::collector {

// The machine with this id, or the only one whose host name or instance this is (case does not matter), active machines
// before retired ones. InvalidArgument: empty, or several are meant, with the candidates; NotFound.
absl::StatusOr<MachineRecord> FindMachine(StorageReader& reader, std::string_view words);

}  // namespace steward::collector
