// A loop's sign of life: it counts up whenever the loop has been round. Thread-safe.
#pragma once

#include <atomic>
#include <cstdint>

namespace steward::collector {

class Progress {
 public:
  void Moved() { count_.fetch_add(1, std::memory_order_relaxed); }
  std::uint64_t count() const { return count_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> count_{0};
};

}  // namespace steward::collector
