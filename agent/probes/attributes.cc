#include "agent/probes/attributes.h"

#include <limits>

#include "agent/probes/text.h"
#include "base/text.h"

namespace steward::agent {

std::optional<std::string_view> AttributeReader::Text(std::string_view directory, std::string_view name) {
  path_.assign(directory);
  path_ += '/';
  path_ += name;
  last_ = platform_.ReadFile(path_, text_);
  if (!last_.ok()) return std::nullopt;
  return Trimmed(text_);
}

std::optional<std::int64_t> AttributeReader::Integer(std::string_view directory, std::string_view name) {
  const std::optional<std::string_view> text = Text(directory, name);
  return text.has_value() ? ParseInteger(*text) : std::nullopt;
}

std::optional<std::int64_t> AttributeReader::Hex(std::string_view directory, std::string_view name) {
  const std::optional<std::string_view> text = Text(directory, name);
  if (!text.has_value()) return std::nullopt;
  const std::optional<std::uint64_t> value = ParseHex(*text);
  constexpr auto kMax = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  if (!value.has_value()) return std::nullopt;
  return static_cast<std::int64_t>(*value > kMax ? kMax : *value);
}

absl::Status AttributeReader::NothingRead(std::string_view absent) const {
  return absl::IsPermissionDenied(last_) ? last_ : absl::NotFoundError(ToAbsl(absent));
}

}  // namespace steward::agent
