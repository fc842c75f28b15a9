// Connections for Storage::Read: made when first needed, lent to one thread at a time. Thread-safe.
#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "base/mutex.h"
#include "collector/storage/sqlite/connection.h"

namespace steward::collector {

class ReaderPool {
 public:
  ReaderPool(std::filesystem::path path, std::size_t connections_max)
      : path_(std::move(path)), connections_max_(connections_max) {}

  // Waits if all are lent. Throws SQLite::Exception if one cannot be opened.
  std::unique_ptr<Connection> Take();
  void GiveBack(std::unique_ptr<Connection> connection);  // null: it was lost

 private:
  const std::filesystem::path path_;
  const std::size_t connections_max_;
  Mutex mutex_;
  std::size_t lent_ ABSL_GUARDED_BY(mutex_) = 0;
  std::vector<std::unique_ptr<Connection>> idle_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace steward::collector
