// The numbers of the payload layout (README.md). Stored and sent: permanent.
#pragma once

#include <cstddef>
#include <cstdint>

#include "proto/wire/bytes.h"
#include "proto/wire/samples.h"

namespace steward::wire {

inline constexpr std::uint64_t kPayloadVersion = 1;

inline constexpr std::uint64_t kEntryDelta = 0;
inline constexpr std::uint64_t kEntryEnded = 1;
inline constexpr std::uint64_t kEntryPlusOne = 2;
inline constexpr std::uint64_t kEntryRun = 3;

// A run of fewer changes is not shorter than single entries.
inline constexpr std::size_t kRunLengthMin = 3;

// XORs of neighbouring doubles have their zero bytes at the end; a varint wants them at the front.
inline std::uint64_t ReversedBytes(std::uint64_t value) { return __builtin_bswap64(value); }

// The value after a delta; `old` is 0 for a series without a state.
inline RawValue Changed(RawValue old, std::uint64_t delta, bool is_double) {
  const auto bits = static_cast<std::uint64_t>(old);
  return static_cast<RawValue>(is_double ? bits ^ ReversedBytes(delta)
                                         : bits + static_cast<std::uint64_t>(UnZigZag(delta)));
}

}  // namespace steward::wire
