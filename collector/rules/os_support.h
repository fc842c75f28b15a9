// Until when an operating system gets security fixes, by the names that it gives itself in os-release(5).
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/civil_time.h"

namespace steward::collector {

class OsSupport {
 public:
  // os_support.toml.
  static OsSupport Shipped();
  // Tables by id with a date for each version. InvalidArgument names each mistake with `name` and its line.
  static absl::StatusOr<OsSupport> Parse(std::string_view text, std::string_view name);

  // The shipped ones with the file's, if there is one. Errors: those of Parse, and the file's.
  static absl::StatusOr<OsSupport> Load(const std::filesystem::path& file);

  // What `newer` knows goes before what is known here.
  void Add(const OsSupport& newer);
  // The last day; none: not known. "9.4" is looked for as "9.4", then as "9".
  std::optional<absl::CivilDay> EndOf(std::string_view id, std::string_view version) const;

 private:
  std::map<std::string, std::map<std::string, absl::CivilDay, std::less<>>, std::less<>> ends_;  // by id, version
};

}  // namespace steward::collector
