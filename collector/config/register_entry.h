// What people enter because no machine knows it: when a warranty ends, when something was bought, when a restore was tried.
#pragma once

#include <string>
#include <string_view>

#include "absl/time/civil_time.h"
#include "absl/types/span.h"

namespace steward::collector {

struct RegisterEntry {
  std::string kind;      // of RegisterKinds
  std::string machine;   // host name or id; empty: it is a site's
  std::string site;
  std::string name;      // of what: a contract, a domain; empty where the machine itself is meant
  absl::CivilDay date;   // the last day on which it holds, or the day on which it was bought or done
  friend bool operator==(const RegisterEntry&, const RegisterEntry&) = default;
};

enum class RegisterScope : std::uint8_t { kMachine, kSite, kEither };

struct RegisterKind {
  std::string_view kind;
  std::string_view date_key;  // ends, bought, done
  RegisterScope scope;
  bool needs_name;
};

absl::Span<const RegisterKind> RegisterKinds();
// Null: there is no such kind.
const RegisterKind* FindRegisterKind(std::string_view kind);

}  // namespace steward::collector
