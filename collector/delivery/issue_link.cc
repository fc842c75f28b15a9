#include "collector/delivery/issue_link.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <array>
#include <optional>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "base/text.h"

namespace steward::collector {
namespace {

constexpr const char* kKeySetting = "issue-link-key";
constexpr std::size_t kKeyBytes = 32;
constexpr std::size_t kSignBytes = 16;  // of the HMAC: enough against guessing, short enough for a line of a mail

std::string Sign(std::string_view key, std::string_view issue_id, std::int64_t until) {
  const std::string text = StrCat("issue\n", issue_id, "\n", until);
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), reinterpret_cast<const unsigned char*>(text.data()), text.size(),
       digest.data(), &size);
  return absl::BytesToHexString(absl::string_view(reinterpret_cast<const char*>(digest.data()), kSignBytes));
}

// The value of a name in "a=1&b=2"; empty: it is not there.
std::string_view Field(std::string_view query, std::string_view name) {
  for (const absl::string_view part : absl::StrSplit(ToAbsl(query), '&')) {
    const std::string_view field = ToStd(part);
    if (field.size() > name.size() && field.starts_with(name) && field[name.size()] == '=') return field.substr(name.size() + 1);
  }
  return {};
}

}  // namespace

std::string SignedIssuePath(std::string_view key, std::string_view issue_id, absl::Time told) {
  const absl::Time day_end = absl::UnixEpoch() + absl::Ceil(told - absl::UnixEpoch(), absl::Hours(24));
  const std::int64_t until = absl::ToUnixSeconds(day_end + kIssueLinkValid);
  return StrCat("/issues/", issue_id, "?until=", until, "&sign=", Sign(key, issue_id, until));
}

bool OpensIssue(std::string_view key, std::string_view issue_id, std::string_view query, absl::Time now) {
  std::int64_t until = 0;
  if (key.empty() || !absl::SimpleAtoi(ToAbsl(Field(query, "until")), &until) || absl::FromUnixSeconds(until) < now) return false;
  const std::string expected = Sign(key, issue_id, until);
  const std::string_view given = Field(query, "sign");
  return given.size() == expected.size() && CRYPTO_memcmp(given.data(), expected.data(), expected.size()) == 0;
}

absl::StatusOr<std::string> FindOrMakeIssueLinkKey(Storage& storage, const RandomSource& random) {
  std::optional<std::string> stored;
  const absl::Status read = storage.Read([&](StorageReader& reader) {
    absl::StatusOr<std::optional<std::string>> setting = reader.GetSetting(kKeySetting);
    if (setting.ok()) stored = *std::move(setting);
    return setting.status();
  });
  if (!read.ok()) return read;
  if (stored) return absl::HexStringToBytes(*stored);
  const std::string key = random(kKeyBytes);
  const absl::Status written = storage.WriteAndWait(
      [&](StorageTransaction& transaction) { return transaction.PutSetting(kKeySetting, absl::BytesToHexString(key)); });
  if (!written.ok()) return written;
  return key;
}

}  // namespace steward::collector
