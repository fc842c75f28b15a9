// Small helpers of the inventory's sources.
#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "agent/inventory/inventory.h"

namespace steward::agent {

// An empty value is nothing known, and no fact.
inline void AddFact(std::vector<Fact>& facts, std::string key, std::string_view value) {
  if (!value.empty()) facts.push_back({std::move(key), std::string(value)});
}

// A path of a mount or device as the first part of a key: "/" is "/size_bytes", "/home" is "/home/size_bytes".
inline std::string KeyBelow(std::string_view path, std::string_view field) {
  std::string key(path);
  if (!key.ends_with('/')) key += '/';
  return key.append(field);
}

// Beyond 64 bits: the largest number.
inline std::uint64_t SaturatingProduct(std::uint64_t left, std::uint64_t right) {
  std::uint64_t product = 0;
  return __builtin_mul_overflow(left, right, &product) ? std::numeric_limits<std::uint64_t>::max() : product;
}

}  // namespace steward::agent
