#include "tests/collector/storage/storage_kinds.h"

#include "collector/storage/memory/memory_storage.h"

namespace steward::collector {

std::vector<StorageKind> StorageKinds() {
  return {
      {"Memory", [](const std::filesystem::path&) { return NewMemoryStorage(); }},
      {"MemoryInline", [](const std::filesystem::path&) { return NewMemoryStorage(MemoryWriter::kInline); }},
  };
}

}  // namespace steward::collector
