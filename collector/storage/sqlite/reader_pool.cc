#include "collector/storage/sqlite/reader_pool.h"

namespace steward::collector {

std::unique_ptr<Connection> ReaderPool::Take() {
  {
    MutexLock lock(&mutex_);
    const auto is_free = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return lent_ < connections_max_; };
    mutex_.Await(is_free);
    ++lent_;
    if (!idle_.empty()) {
      std::unique_ptr<Connection> connection = std::move(idle_.back());
      idle_.pop_back();
      return connection;
    }
  }
  try {
    return std::make_unique<Connection>(path_, Connection::Mode::kRead);
  } catch (const SQLite::Exception&) {
    GiveBack(nullptr);
    throw;
  }
}

void ReaderPool::GiveBack(std::unique_ptr<Connection> connection) {
  MutexLock lock(&mutex_);
  --lent_;
  if (connection != nullptr) idle_.push_back(std::move(connection));
}

}  // namespace steward::collector
