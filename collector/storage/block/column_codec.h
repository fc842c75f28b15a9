// One series over an hour as bytes: differences in classes of magnitude, the class by a range coder that learns how the
// series behaves, what is left of the number as it is. Exact for every 64-bit value. FORMAT.md has the layout.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/types/span.h"

namespace steward::collector {

// Appends to `out`. `values` is not empty.
void EncodeColumn(absl::Span<const std::int64_t> values, std::string& out);

// Sets `values` to the `count` values of a column. DataLoss: not what EncodeColumn wrote, as far as can be told;
// nothing is read out of bounds, and memory is taken for `count` values only.
absl::Status DecodeColumn(std::string_view bytes, std::size_t count, std::vector<std::int64_t>& values);

}  // namespace steward::collector
