#include "collector/audit/audit_chain.h"

#include <array>
#include <utility>

#include "base/text.h"
#include "openssl/sha.h"

namespace steward::collector {
namespace {

void AppendBigEndian(std::uint64_t value, int bytes, std::string& out) {
  for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8) out += static_cast<char>(value >> shift & 0xFF);
}

std::string Entries(std::uint64_t first, std::uint64_t last) {
  return first == last ? StrCat("entry ", first, " is") : StrCat("entries ", first, " to ", last, " are");
}

}  // namespace

std::string AuditSeed() { return std::string(SHA256_DIGEST_LENGTH, '\0'); }

std::string AuditHash(std::string_view previous, const AuditRecord& record) {
  std::string content(previous);
  AppendBigEndian(record.number, 8, content);
  AppendBigEndian(static_cast<std::uint64_t>(absl::ToUnixMillis(record.time)), 8, content);
  for (const std::string* text :
       {&record.actor, &record.action, &record.object, &record.from, &record.to, &record.reason, &record.basis}) {
    AppendBigEndian(text->size(), 4, content);
    content += *text;
  }
  std::array<unsigned char, SHA256_DIGEST_LENGTH> hash{};
  SHA256(reinterpret_cast<const unsigned char*>(content.data()), content.size(), hash.data());
  return {reinterpret_cast<const char*>(hash.data()), hash.size()};
}

void AuditVerifier::Check(const AuditRecord& record) {
  ++checked_;
  if (record.number <= last_number_) {
    Fault(StrCat("entry ", record.number, " is out of its place, behind entry ", last_number_));
    return;
  }
  const bool hole = record.number != last_number_ + 1;
  if (hole) Fault(StrCat(Entries(last_number_ + 1, record.number - 1), " missing"));
  // Behind a hole the hash of what stood before is not known.
  if (!hole && AuditHash(last_hash_, record) != record.hash) {
    Fault(StrCat("entry ", record.number, " is not what was written: ", record.actor, " ", record.action, " ", record.object));
  }
  last_number_ = record.number;
  last_hash_ = record.hash;
}

void AuditVerifier::CheckEnd(std::uint64_t last_number, std::string_view last_hash) {
  if (last_number > last_number_) {
    Fault(StrCat(Entries(last_number_ + 1, last_number), " missing at the end"));
  } else if (last_number < last_number_) {
    Fault(StrCat(Entries(last_number + 1, last_number_), " beyond the last that was written"));
  } else if (last_hash != last_hash_) {
    Fault(StrCat("entry ", last_number, " is not the last that was written"));
  }
}

void AuditVerifier::Fault(std::string text) {
  if (faults_.size() < kFaultsMax) faults_.push_back(std::move(text));
}

}  // namespace steward::collector
