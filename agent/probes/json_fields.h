// Reading JSON that another program wrote: what is missing or of another kind is not there, and no error.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

#include "boost/json.hpp"

namespace steward::agent {

// Null if `text` is no JSON. Bytes that are not UTF-8 stay as they are.
boost::json::value ParsedJson(std::string_view text);

// The value below `from` at `path`, member by member; null if there is none.
const boost::json::value* Find(const boost::json::value& from, std::initializer_list<std::string_view> path);

// Beyond the type: its largest. Fractions are cut.
std::optional<std::int64_t> JsonInteger(const boost::json::value* value);
std::optional<bool> JsonBool(const boost::json::value* value);
// Without blanks at its ends; empty if it is no string.
std::string JsonText(const boost::json::value* value);
// Empty if it is no array.
const boost::json::array& JsonArray(const boost::json::value* value);

}  // namespace steward::agent
