// An adaptive binary range coder: each decision costs what its probability, learned as it goes, says.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace steward::collector {

// How likely a decision is 0. It learns fast from the first ones and slower from the later.
class BitModel {
 public:
  std::uint32_t probability() const { return probability_; }
  void Learn(bool bit) {
    static constexpr std::uint16_t kRates[] = {32768, 21845, 16384, 13107, 10922, 9362, 8192,
                                               7281,  6553,  5957,  5461,  5041,  4681};  // 2^16 / (n + 2)
    const std::uint32_t rate = kRates[seen_];
    if (bit) {
      probability_ -= (probability_ * rate) >> 16;
    } else {
      probability_ += ((kOne - probability_) * rate) >> 16;
    }
    probability_ = std::clamp(probability_, kLeast, kOne - kLeast);
    if (seen_ + 1u < sizeof kRates / sizeof kRates[0]) ++seen_;
  }

  static constexpr int kBits = 12;
  static constexpr std::uint32_t kOne = 1u << kBits;

 private:
  static constexpr std::uint32_t kLeast = 16;

  std::uint32_t probability_ = kOne / 2;
  std::uint32_t seen_ = 0;
};

class RangeEncoder {
 public:
  void Encode(BitModel& model, bool bit) {
    const std::uint32_t bound = (range_ >> BitModel::kBits) * model.probability();
    if (bit) {
      low_ += bound;
      range_ -= bound;
    } else {
      range_ = bound;
    }
    model.Learn(bit);
    while (range_ < kTop) {
      range_ <<= 8;
      ShiftLow();
    }
  }

  // What was encoded, as short as it can be told: the decoder takes zeros for what is behind its end.
  std::string Finish() {
    low_ = (low_ + kTop - 1) & ~std::uint64_t{kTop - 1};
    for (int i = 0; i < 5; ++i) ShiftLow();
    out_.erase(0, 1);  // always 0
    while (!out_.empty() && out_.back() == '\0') out_.pop_back();
    return std::move(out_);
  }

 private:
  static constexpr std::uint32_t kTop = 1u << 24;

  void ShiftLow() {
    if (low_ < 0xff000000u || low_ > 0xffffffffu) {
      const auto carry = static_cast<std::uint8_t>(low_ >> 32);
      std::uint8_t byte = cache_;
      for (; pending_ > 0; --pending_) {
        out_ += static_cast<char>(static_cast<std::uint8_t>(byte + carry));
        byte = 0xff;
      }
      cache_ = static_cast<std::uint8_t>(low_ >> 24);
    }
    ++pending_;
    low_ = (low_ & 0x00ffffffu) << 8;
  }

  std::string out_;
  std::uint64_t low_ = 0;
  std::uint32_t range_ = 0xffffffffu;
  std::uint8_t cache_ = 0;
  std::uint64_t pending_ = 1;
};

class RangeDecoder {
 public:
  explicit RangeDecoder(std::string_view bytes) : bytes_(bytes) {
    for (int i = 0; i < 4; ++i) code_ = code_ << 8 | NextByte();
  }

  bool Decode(BitModel& model) {
    const std::uint32_t bound = (range_ >> BitModel::kBits) * model.probability();
    const bool bit = code_ >= bound;
    if (bit) {
      code_ -= bound;
      range_ -= bound;
    } else {
      range_ = bound;
    }
    model.Learn(bit);
    while (range_ < (1u << 24)) {
      range_ <<= 8;
      code_ = code_ << 8 | NextByte();
    }
    return bit;
  }

 private:
  std::uint32_t NextByte() { return next_ < bytes_.size() ? static_cast<std::uint8_t>(bytes_[next_++]) : 0u; }

  std::string_view bytes_;
  std::size_t next_ = 0;
  std::uint32_t range_ = 0xffffffffu;
  std::uint32_t code_ = 0;
};

}  // namespace steward::collector
