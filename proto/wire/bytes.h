// Little helpers of the codec: varints and zig-zag, with bounds checks on reading.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace steward::wire {

inline std::uint64_t ZigZag(std::int64_t value) {
  return (static_cast<std::uint64_t>(value) << 1) ^ static_cast<std::uint64_t>(value >> 63);
}
inline std::int64_t UnZigZag(std::uint64_t value) {
  return static_cast<std::int64_t>(value >> 1) ^ -static_cast<std::int64_t>(value & 1);
}

// LEB128, at most 10 bytes.
void AppendVarint(std::uint64_t value, std::string& out);

// Reads from a view it does not own. After a failed read `ok()` is false and every further read gives 0.
class ByteReader {
 public:
  explicit ByteReader(std::string_view data) : data_(data) {}

  std::uint64_t Varint();
  bool ok() const { return ok_; }
  bool at_end() const { return position_ == data_.size(); }
  std::size_t position() const { return position_; }
  std::size_t remaining() const { return data_.size() - position_; }

 private:
  std::string_view data_;
  std::size_t position_ = 0;
  bool ok_ = true;
};

}  // namespace steward::wire
