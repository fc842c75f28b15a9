// Storage that forgets: for tests and simulations. It behaves as the one on disk does; one contract test holds for both.
#pragma once

#include <cstdint>
#include <memory>

#include "collector/storage/storage.h"

namespace steward::collector {

enum class MemoryWriter : std::uint8_t {
  kThread,  // a writer thread, as the storage on disk has
  kInline,  // Write does the work and calls done before it returns: deterministic simulations. Not within Read.
};

std::unique_ptr<Storage> NewMemoryStorage(MemoryWriter writer = MemoryWriter::kThread);

}  // namespace steward::collector
