// The numbers of the payload layout (README.md). Stored and sent: permanent.
#pragma once

#include <cstdint>

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

}  // namespace steward::wire
