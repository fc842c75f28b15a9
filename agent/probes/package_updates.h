// Updates that wait to be installed, as apt and dnf tell of them.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"

namespace steward::agent {

class Platform;

struct PendingUpdate {
  std::string installed;  // its version; empty: dnf does not tell
  std::string candidate;
  bool is_security = false;
};
// By name; a package of a second architecture is "name:arch" with apt, "name.arch" with dnf.
using PendingUpdates = std::map<std::string, PendingUpdate>;

// Tool::kAptUpgrades. A package is a security update if its candidate comes from an origin or archive with "security" in its
// name (Debian-Security, jammy-security, UbuntuESM's jammy-apps-security). Packages that an upgrade would bring in anew do
// not count. DataLoss: a line "Inst" that is not understood.
absl::StatusOr<PendingUpdates> ParseAptUpgrades(std::string_view text);
// Tool::kDnfUpdates. `own_architecture` as uname has it: its packages and "noarch" go by their name alone.
PendingUpdates ParseDnfUpdates(std::string_view text, std::string_view own_architecture);

// What waits on this machine. The probe and the inventory share one: apt takes seconds of the processor for its answer, and as long
// as neither the installed packages nor the lists have changed it is the same. Any thread; the second that asks waits for the first.
class PackageUpdates {
 public:
  static constexpr absl::Duration kDeadline = absl::Minutes(3);
  // An answer older than this is asked for anew, whatever the files say.
  static constexpr absl::Duration kKept = absl::Hours(24);

  explicit PackageUpdates(Platform& platform) : platform_(platform) {}
  // NotFound: neither apt nor dnf is here. Waits.
  absl::StatusOr<PendingUpdates> Ask();

 private:
  absl::StatusOr<PendingUpdates> AskApt() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::StatusOr<PendingUpdates> AskDnf();
  // What tells that apt's answer would be another.
  std::string AptStamp();

  Platform& platform_;
  absl::Mutex mutex_;
  std::string stamp_ ABSL_GUARDED_BY(mutex_);  // of `answer_`; empty: there is none
  absl::Time asked_ ABSL_GUARDED_BY(mutex_) = absl::InfinitePast();
  PendingUpdates answer_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace steward::agent
