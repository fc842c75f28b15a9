#include "agent/fingerprint.h"

#include "absl/status/status.h"
#include "agent/identity/whole_file.h"
#include "boost/json.hpp"
#include "spdlog/spdlog.h"

namespace steward::agent {
namespace {

namespace json = boost::json;

std::string TextOf(const json::object& object, const char* key) {
  const json::value* found = object.if_contains(key);
  return found != nullptr && found->is_string() ? std::string(found->as_string().c_str()) : std::string();
}

HardwareFingerprint Load(const std::filesystem::path& file) {
  const auto text = ReadWholeFile(file);
  if (!text.ok()) {
    if (!absl::IsNotFound(text.status())) spdlog::warn("fingerprint: {}", std::string(text.status().message()));
    return {};
  }
  boost::system::error_code error;
  const json::value value = json::parse(*text, error);
  if (error || !value.is_object()) {
    spdlog::warn("fingerprint: {} is damaged: what is seen now counts", file.string());
    return {};
  }
  return {TextOf(value.as_object(), "with_serials"), TextOf(value.as_object(), "of_addresses")};
}

void Save(const std::filesystem::path& file, const HardwareFingerprint& known) {
  const json::object object{{"with_serials", known.with_serials}, {"of_addresses", known.of_addresses}};
  const absl::Status status = WriteWholeFile(file, json::serialize(object) + "\n");
  if (!status.ok()) spdlog::warn("fingerprint: {}", std::string(status.message()));
}

}  // namespace

std::string SteadyFingerprint(const std::filesystem::path& state_directory, const HardwareFingerprint& seen) {
  const std::filesystem::path file = state_directory / "fingerprint.json";
  const HardwareFingerprint known = Load(file);
  HardwareFingerprint now = seen;
  if (now.with_serials.empty() && now.of_addresses == known.of_addresses) now.with_serials = known.with_serials;
  if (now.with_serials != known.with_serials || now.of_addresses != known.of_addresses) Save(file, now);
  return now.with_serials.empty() ? now.of_addresses : now.with_serials;
}

}  // namespace steward::agent
