#include "tests/collector/storage/storage_kinds.h"

#include "collector/storage/memory/memory_storage.h"
#include "collector/storage/sqlite/sqlite_storage.h"

namespace steward::collector {

std::vector<StorageKind> StorageKinds() {
  return {
      {"Memory", [](const std::filesystem::path&) { return NewMemoryStorage(); }},
      {"MemoryInline", [](const std::filesystem::path&) { return NewMemoryStorage(MemoryWriter::kInline); }},
      {"Sqlite",
       [](const std::filesystem::path& folder) {
         auto storage = OpenSqliteStorage(folder / "collector.db");
         EXPECT_TRUE(storage.ok()) << storage.status();
         return storage.ok() ? *std::move(storage) : nullptr;
       }},
  };
}

}  // namespace steward::collector
