// Any bytes as collector.toml: a Config or a message, never a crash.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "collector/config/load_config.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const steward::collector::ConfigVocabulary words{{{"disk-space-low", {"warn_percent"}}}, {"webhook"}};
  const auto config = steward::collector::ParseConfig(
      std::string_view(reinterpret_cast<const char*>(data), size), "fuzz.toml", words);
  if (!config.ok() && config.status().message().empty()) __builtin_trap();
  return 0;
}
