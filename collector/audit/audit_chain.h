// The audit trail's chain: each entry carries the SHA-256 of the entry before it and of its own content, so that nothing in
// the middle can be altered, removed or put elsewhere unseen. Who can write the database could forge a whole trail anew: an
// export kept elsewhere shows it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/time/time.h"

namespace steward::collector {

struct AuditRecord {
  std::uint64_t number = 0;  // from 1, without a hole; given by the store
  absl::Time time;           // whole milliseconds
  std::string actor;         // "Mari Mets (local user 0)", "token 4f1c", "rule disk-space-low v1"
  std::string action;        // "acknowledged"
  std::string object;        // "issue 0123456789abcdef"
  std::string from, to;      // what changed: old and new
  std::string reason;
  std::string basis;         // version of the rule in force
  std::string hash;          // 32 bytes; given by the store
};

// The hash before the first entry.
std::string AuditSeed();

// SHA-256 of `previous` (32 bytes), the number and the time in Unix milliseconds (8 bytes each, big-endian), and the texts in
// the order above, each behind its length in bytes (4 bytes, big-endian).
std::string AuditHash(std::string_view previous, const AuditRecord& record);

// Entries in the order they are stored in; says what is wrong with them.
class AuditVerifier {
 public:
  void Check(const AuditRecord& record);
  // After the last one: what the store, or the export, says was written last.
  void CheckEnd(std::uint64_t last_number, std::string_view last_hash);

  std::uint64_t checked() const { return checked_; }
  std::uint64_t last_number() const { return last_number_; }
  const std::string& last_hash() const { return last_hash_; }
  // One line each, the first kFaultsMax; empty: the trail is as it was written.
  const std::vector<std::string>& faults() const { return faults_; }

  static constexpr std::size_t kFaultsMax = 20;

 private:
  void Fault(std::string text);

  std::uint64_t checked_ = 0;
  std::uint64_t last_number_ = 0;
  std::string last_hash_ = AuditSeed();
  std::vector<std::string> faults_;
};

}  // namespace steward::collector
