#include "proto/wire/enrollment_token.h"

#include <zlib.h>

#include <algorithm>

#include "absl/status/status.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "base/text.h"

namespace steward::wire {
namespace {

constexpr std::string_view kPrefix = "stw1-";
constexpr std::string_view kWhiteSpace = " \t\r\n";
constexpr std::size_t kChecksumBytes = 4;

std::string Checksum(std::string_view bytes) {
  const auto crc = static_cast<std::uint32_t>(
      crc32(0, reinterpret_cast<const Bytef*>(bytes.data()), static_cast<uInt>(bytes.size())));
  return {static_cast<char>(crc >> 24), static_cast<char>(crc >> 16), static_cast<char>(crc >> 8),
          static_cast<char>(crc)};
}

absl::Status Damaged() {
  return absl::InvalidArgumentError(
      "the enrolment token is damaged: it was cut short or a character was changed; copy it again, whole, from where it "
      "was created");
}

}  // namespace

std::string FormatEnrollmentToken(const v1::EnrollmentToken& token) {
  std::string bytes = token.SerializeAsString();
  bytes += Checksum(bytes);
  return absl::StrCat(ToAbsl(kPrefix), absl::WebSafeBase64Escape(bytes));
}

absl::StatusOr<v1::EnrollmentToken> ParseEnrollmentToken(std::string_view text) {
  text.remove_prefix(std::min(text.find_first_not_of(kWhiteSpace), text.size()));
  text.remove_suffix(text.size() - std::min(text.find_last_not_of(kWhiteSpace) + 1, text.size()));
  if (!text.starts_with(kPrefix)) {
    return absl::InvalidArgumentError(
        "this is not an enrolment token: one begins with \"stw1-\" and is made by `stewardctl token create`");
  }
  std::string bytes;
  const std::string_view coded = text.substr(kPrefix.size());
  if (!absl::WebSafeBase64Unescape(ToAbsl(coded), &bytes) || bytes.size() < kChecksumBytes ||
      absl::WebSafeBase64Escape(bytes) != ToAbsl(coded)) {  // the last character has bits that are not data
    return Damaged();
  }
  const std::string_view body(bytes.data(), bytes.size() - kChecksumBytes);
  v1::EnrollmentToken token;
  if (Checksum(body) != std::string_view(bytes).substr(body.size()) ||
      !token.ParseFromArray(body.data(), static_cast<int>(body.size()))) {
    return Damaged();
  }
  if (token.addresses().empty() || token.ca_sha256().size() != 32 || token.secret().empty()) {
    return absl::InvalidArgumentError("the enrolment token lacks an address, a fingerprint or a secret; create a new one");
  }
  return token;
}

}  // namespace steward::wire
