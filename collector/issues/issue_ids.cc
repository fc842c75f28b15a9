#include "collector/issues/issue_ids.h"

#include <array>

#include "absl/strings/escaping.h"
#include "base/text.h"
#include "collector/issues/proto_time.h"
#include "openssl/sha.h"

namespace steward::collector {
namespace {

std::string Digest(std::string_view text, std::size_t digits) {
  std::array<unsigned char, SHA256_DIGEST_LENGTH> hash{};
  SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(), hash.data());
  std::string hex = absl::BytesToHexString({reinterpret_cast<const char*>(hash.data()), hash.size()});
  hex.resize(digits);
  return hex;
}

}  // namespace

std::string DedupeKey(std::string_view machine_id, std::string_view type, std::string_view subject) {
  return StrCat(machine_id, "/", type, "/", subject);
}

std::string IssueId(std::string_view dedupe_key, absl::Time raised) {
  return Digest(StrCat(dedupe_key, "@", absl::ToUnixMillis(raised)), 16);
}

std::string PendingId(std::string_view dedupe_key) { return StrCat("pending-", Digest(dedupe_key, 16)); }

std::string IdempotencyKey(const IssueRecord& record) {
  return Digest(StrCat(record.dedupe_key, "@", absl::ToUnixMillis(GetTime(record.issue.raised_time())), "#", record.transition), 32);
}

}  // namespace steward::collector
