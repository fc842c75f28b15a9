#include "agent/probes/json_fields.h"

#include <limits>

#include "agent/probes/text.h"

namespace steward::agent {
namespace {

namespace json = boost::json;

constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t kMin = std::numeric_limits<std::int64_t>::min();
constexpr double kBeyond = 9223372036854775808.0;  // 2^63

}  // namespace

json::value ParsedJson(std::string_view text) {
  json::parse_options options;
  options.allow_invalid_utf8 = true;
  boost::system::error_code error;
  json::value value = json::parse(json::string_view(text.data(), text.size()), error, {}, options);
  return error ? json::value() : value;
}

const json::value* Find(const json::value& from, std::initializer_list<std::string_view> path) {
  const json::value* at = &from;
  for (const std::string_view name : path) {
    const json::object* object = at->if_object();
    if (object == nullptr) return nullptr;
    at = object->if_contains(json::string_view(name.data(), name.size()));
    if (at == nullptr) return nullptr;
  }
  return at;
}

std::optional<std::int64_t> JsonInteger(const json::value* value) {
  if (value == nullptr) return std::nullopt;
  if (const std::int64_t* integer = value->if_int64()) return *integer;
  if (value->is_uint64()) return kMax;  // what fits is an int64
  if (const double* number = value->if_double()) {
    if (*number >= kBeyond) return kMax;
    if (*number < -kBeyond) return kMin;
    return static_cast<std::int64_t>(*number);
  }
  return std::nullopt;
}

std::optional<bool> JsonBool(const json::value* value) {
  const bool* truth = value == nullptr ? nullptr : value->if_bool();
  return truth == nullptr ? std::nullopt : std::optional(*truth);
}

std::string JsonText(const json::value* value) {
  const json::string* text = value == nullptr ? nullptr : value->if_string();
  return text == nullptr ? std::string() : std::string(Trimmed({text->data(), text->size()}));
}

const json::array& JsonArray(const json::value* value) {
  static const json::array kEmpty;
  const json::array* array = value == nullptr ? nullptr : value->if_array();
  return array == nullptr ? kEmpty : *array;
}

}  // namespace steward::agent
