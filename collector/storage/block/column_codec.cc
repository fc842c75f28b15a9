#include "collector/storage/block/column_codec.h"

#include <algorithm>
#include <array>
#include <bit>

#include "collector/storage/block/range_coder.h"
#include "proto/wire/bytes.h"

namespace steward::collector {
namespace {

constexpr int kClasses = 65;     // how many bits a magnitude has
constexpr int kLearnedBits = 2;  // below its highest: those that are not evenly spread

// What is told of a difference.
struct Difference {
  explicit Difference(std::uint64_t difference)
      : negative(static_cast<std::int64_t>(difference) < 0),
        magnitude(negative ? ~difference + 1 : difference),
        bits(static_cast<int>(std::bit_width(magnitude))) {}
  bool negative;
  std::uint64_t magnitude;
  int bits;
};

int LearnedBits(int bits) { return std::clamp(bits - 1, 0, kLearnedBits); }
int PlainBits(int bits) { return std::max(bits - 1, 0) - LearnedBits(bits); }

struct Models {
  std::array<BitModel, 128> classes;  // a tree: the node by its path from the root
  std::array<BitModel, kClasses> sign;
  std::array<std::array<BitModel, 1 << kLearnedBits>, kClasses> learned;
};

// Fixed numbers of bits one after the other, the lowest first.
class BitWriter {
 public:
  explicit BitWriter(std::string& out) : out_(out) {}
  void Write(std::uint64_t value, int count) {
    while (count > 0) {
      if (used_ == 0) out_ += '\0';
      const int taken = std::min(8 - used_, count);
      const auto bits = static_cast<std::uint32_t>(value) & ((1u << taken) - 1);
      out_.back() = static_cast<char>(static_cast<std::uint8_t>(out_.back()) | bits << used_);
      value >>= taken;
      count -= taken;
      used_ = (used_ + taken) % 8;
    }
  }

 private:
  std::string& out_;
  int used_ = 0;  // of the last byte
};

class BitReader {
 public:
  explicit BitReader(std::string_view bytes) : bytes_(bytes) {}
  std::uint64_t Read(int count) {
    std::uint64_t value = 0;
    for (int done = 0; done < count;) {
      const std::size_t byte = position_ / 8;
      if (byte >= bytes_.size()) {
        ok_ = false;
        return 0;
      }
      const int used = static_cast<int>(position_ % 8);
      const int taken = std::min(8 - used, count - done);
      const auto bits =
          static_cast<std::uint64_t>(static_cast<std::uint8_t>(bytes_[byte]) >> used) & ((1u << taken) - 1);
      value |= bits << done;
      done += taken;
      position_ += static_cast<std::size_t>(taken);
    }
    return value;
  }
  bool ok() const { return ok_; }
  bool at_end() const { return (position_ + 7) / 8 == bytes_.size(); }

 private:
  std::string_view bytes_;
  std::size_t position_ = 0;  // in bits
  bool ok_ = true;
};

std::uint64_t Minus(std::int64_t a, std::int64_t b) {
  return static_cast<std::uint64_t>(a) - static_cast<std::uint64_t>(b);
}

absl::Status Damaged() { return absl::DataLossError("a block of samples is damaged: a column"); }

}  // namespace

void EncodeColumn(absl::Span<const std::int64_t> values, std::string& out) {
  int least = kClasses;
  int most = 0;
  for (std::size_t i = 1; i < values.size(); ++i) {
    const Difference difference(Minus(values[i], values[i - 1]));
    least = std::min(least, difference.bits);
    most = std::max(most, difference.bits);
  }
  if (most == 0) {
    out += '\0';
    wire::AppendVarint(wire::ZigZag(values.front()), out);
    return;
  }
  const int depth = static_cast<int>(std::bit_width(static_cast<unsigned>(most - least)));
  Models models;
  RangeEncoder encoder;
  std::string plain;
  BitWriter bits(plain);
  for (std::size_t i = 1; i < values.size(); ++i) {
    const Difference difference(Minus(values[i], values[i - 1]));
    std::size_t node = 1;
    for (int level = depth - 1; level >= 0; --level) {
      const bool bit = ((difference.bits - least) >> level & 1) != 0;
      encoder.Encode(models.classes[node], bit);
      node = 2 * node + (bit ? 1 : 0);
    }
    if (difference.bits == 0) continue;
    const auto its_class = static_cast<std::size_t>(difference.bits);
    encoder.Encode(models.sign[its_class], difference.negative);
    node = 1;
    for (int level = 0; level < LearnedBits(difference.bits); ++level) {
      const bool bit = (difference.magnitude >> (difference.bits - 2 - level) & 1) != 0;
      encoder.Encode(models.learned[its_class][node], bit);
      node = 2 * node + (bit ? 1 : 0);
    }
    bits.Write(difference.magnitude, PlainBits(difference.bits));
  }
  const std::string coded = encoder.Finish();
  out += static_cast<char>(most);
  out += static_cast<char>(least);
  wire::AppendVarint(wire::ZigZag(values.front()), out);
  wire::AppendVarint(coded.size(), out);
  out += coded;
  out += plain;
}

absl::Status DecodeColumn(std::string_view bytes, std::size_t count, std::vector<std::int64_t>& values) {
  if (bytes.empty() || count == 0) return Damaged();
  const int most = static_cast<std::uint8_t>(bytes[0]);
  const int least = most > 0 && bytes.size() > 1 ? static_cast<std::uint8_t>(bytes[1]) : 0;
  const std::size_t head = most > 0 ? 2 : 1;
  if (most >= kClasses || least > most || bytes.size() < head) return Damaged();
  bytes.remove_prefix(head);
  wire::ByteReader in(bytes);
  const auto first = static_cast<std::uint64_t>(wire::UnZigZag(in.Varint()));
  if (most == 0) {
    if (!in.ok() || !in.at_end()) return Damaged();
    values.assign(count, static_cast<std::int64_t>(first));
    return absl::OkStatus();
  }
  const std::uint64_t coded = in.Varint();
  if (!in.ok() || coded > in.remaining()) return Damaged();
  RangeDecoder decoder(bytes.substr(in.position(), coded));
  BitReader bits(bytes.substr(in.position() + coded));
  const int depth = static_cast<int>(std::bit_width(static_cast<unsigned>(most - least)));
  Models models;
  values.resize(count);
  values[0] = static_cast<std::int64_t>(first);
  std::uint64_t value = first;
  for (std::size_t i = 1; i < count; ++i) {
    std::size_t node = 1;
    for (int level = 0; level < depth; ++level) node = 2 * node + (decoder.Decode(models.classes[node]) ? 1 : 0);
    const int width = least + static_cast<int>(node - (std::size_t{1} << depth));
    if (width > most) return Damaged();
    if (width > 0) {
      const auto its_class = static_cast<std::size_t>(width);
      const bool negative = decoder.Decode(models.sign[its_class]);
      node = 1;
      for (int level = 0; level < LearnedBits(width); ++level) {
        node = 2 * node + (decoder.Decode(models.learned[its_class][node]) ? 1 : 0);
      }
      // `node` is the highest bits, its own highest one with them.
      const std::uint64_t magnitude = std::uint64_t{node} << PlainBits(width) | bits.Read(PlainBits(width));
      value += negative ? ~magnitude + 1 : magnitude;
    }
    values[i] = static_cast<std::int64_t>(value);
  }
  return bits.ok() && bits.at_end() ? absl::OkStatus() : Damaged();
}

}  // namespace steward::collector
