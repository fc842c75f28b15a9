// Files of one value, as sysfs has them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/time/time.h"
#include "agent/platform/platform.h"

namespace steward::agent {

// For sources that change with an upgrade or a new part, not from one cycle to the next.
inline constexpr absl::Duration kSlowInterval = absl::Minutes(5);
// For sources that change slowly, or cost more than a cycle should.
inline constexpr absl::Duration kMinuteInterval = absl::Minutes(1);

// Reads <directory>/<name>. A value that is missing, refused or none of that kind is nullopt: drivers leave out what
// the hardware does not have and answer EINVAL for what makes no sense now. One buffer serves all reads.
class AttributeReader {
 public:
  explicit AttributeReader(Platform& platform) : platform_(platform) {}

  // Trimmed; valid until the next read.
  std::optional<std::string_view> Text(std::string_view directory, std::string_view name);
  std::optional<std::int64_t> Integer(std::string_view directory, std::string_view name);
  std::optional<std::int64_t> Hex(std::string_view directory, std::string_view name);

  // For a source that is absent if the last read gave nothing: NotFound with `absent`, or PermissionDenied if that read
  // was refused, since nobody can tell then.
  absl::Status NothingRead(std::string_view absent) const;

 private:
  Platform& platform_;
  std::string path_;
  std::string text_;
  absl::Status last_;
};

}  // namespace steward::agent
