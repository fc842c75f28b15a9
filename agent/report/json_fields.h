// Fields of JSON that others wrote: there with the right type and in bounds, or not there.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/time/time.h"
#include "boost/json.hpp"

namespace steward::agent {

inline constexpr std::uint64_t kMillisecondsMax = std::uint64_t{100} * 366 * 86400 * 1000;  // a hundred years
inline constexpr std::int64_t kUnixSecondsMax = 253402300799;                               // the end of the year 9999

// Null: not JSON.
inline boost::json::value ParseJson(std::string_view text) {
  boost::system::error_code error;
  boost::json::value value = boost::json::parse({text.data(), text.size()}, error);
  return error ? boost::json::value() : value;
}

inline const boost::json::object* ObjectField(const boost::json::object& object, const char* name) {
  const boost::json::value* value = object.if_contains(name);
  return value != nullptr ? value->if_object() : nullptr;
}

inline std::string_view TextField(const boost::json::object& object, const char* name) {
  const boost::json::value* value = object.if_contains(name);
  if (value == nullptr || !value->is_string()) return {};
  return {value->as_string().data(), value->as_string().size()};
}

inline std::optional<std::uint64_t> UnsignedField(const boost::json::object& object, const char* name) {
  const boost::json::value* value = object.if_contains(name);
  if (value == nullptr || value->is_double()) return std::nullopt;
  boost::system::error_code error;
  const auto number = value->to_number<std::uint64_t>(error);
  return error ? std::nullopt : std::optional(number);
}

// Seconds since 1970.
inline std::optional<absl::Time> SecondsField(const boost::json::object& object, const char* name) {
  const auto seconds = UnsignedField(object, name);
  if (!seconds || *seconds > static_cast<std::uint64_t>(kUnixSecondsMax)) return std::nullopt;
  return absl::FromUnixSeconds(static_cast<std::int64_t>(*seconds));
}

// Seconds, with a fraction, in whole milliseconds.
inline std::optional<absl::Duration> DurationField(const boost::json::object& object, const char* name) {
  const boost::json::value* value = object.if_contains(name);
  boost::system::error_code error;
  const double seconds = value != nullptr && value->is_number() ? value->to_number<double>(error) : -1;
  if (error || !(seconds >= 0 && seconds * 1000 <= static_cast<double>(kMillisecondsMax))) return std::nullopt;
  return absl::Trunc(absl::Seconds(seconds), absl::Milliseconds(1));
}

}  // namespace steward::agent
