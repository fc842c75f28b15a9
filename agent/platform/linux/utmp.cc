#include "agent/platform/linux/utmp.h"

#include <arpa/inet.h>
#include <utmp.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstring>

namespace steward::agent {
namespace {

constexpr std::size_t kUserAt = 44;
constexpr std::size_t kUserBytes = 32;
constexpr std::size_t kHostAt = 76;
constexpr std::size_t kHostBytes = 256;
constexpr std::size_t kAddressBytes = 16;

static_assert(offsetof(utmp, ut_user) == kUserAt && offsetof(utmp, ut_host) == kHostAt);
static_assert(sizeof(utmp) == kUtmpLayoutHere.record_bytes && offsetof(utmp, ut_tv) == kUtmpLayoutHere.time_at);
static_assert(offsetof(utmp, ut_addr_v6) == kUtmpLayoutHere.address_at && sizeof(lastlog) == kUtmpLayoutHere.lastlog_bytes);

std::string_view Field(std::string_view record, std::size_t at, std::size_t bytes) {
  const std::string_view field = record.substr(at, bytes);
  return field.substr(0, field.find('\0'));
}

// In the machine's own byte order: what is parsed comes from this machine, or from one of its kind.
absl::Time TimeAt(std::string_view record, std::size_t at, std::size_t bytes) {
  std::int32_t narrow = 0;
  std::int64_t wide = 0;
  if (bytes == sizeof(narrow)) {
    std::memcpy(&narrow, record.data() + at, sizeof(narrow));
    return absl::FromUnixSeconds(static_cast<std::uint32_t>(narrow));  // good until 2106
  }
  std::memcpy(&wide, record.data() + at, sizeof(wide));
  return absl::FromUnixSeconds(std::clamp<std::int64_t>(wide, 0, std::int64_t{1} << 40));
}

std::string AddressAt(std::string_view record, std::size_t at) {
  std::array<unsigned char, kAddressBytes> bytes;
  std::memcpy(bytes.data(), record.data() + at, bytes.size());
  if (std::all_of(bytes.begin(), bytes.end(), [](unsigned char byte) { return byte == 0; })) return "";
  const bool is_ipv4 = std::all_of(bytes.begin() + 4, bytes.end(), [](unsigned char byte) { return byte == 0; });
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (::inet_ntop(is_ipv4 ? AF_INET : AF_INET6, bytes.data(), text.data(), text.size()) == nullptr) return "";
  return text.data();
}

}  // namespace

const UtmpLayout& UtmpLayoutOf(std::string_view machine) {
  const bool is_wide = machine == "aarch64" || machine == "riscv64" || machine == "loongarch64";
  return is_wide ? kUtmpLayout64 : kUtmpLayout32;
}

std::vector<UtmpRecord> ParseUtmp(std::string_view bytes, const UtmpLayout& layout) {
  std::vector<UtmpRecord> records;
  for (; bytes.size() >= layout.record_bytes; bytes.remove_prefix(layout.record_bytes)) {
    const std::string_view record = bytes.substr(0, layout.record_bytes);
    std::int16_t type = 0;
    std::memcpy(&type, record.data(), sizeof(type));
    records.push_back({type, Field(record, kUserAt, kUserBytes), Field(record, kHostAt, kHostBytes),
                       AddressAt(record, layout.address_at), TimeAt(record, layout.time_at, layout.time_bytes)});
  }
  return records;
}

absl::Time LastLogin(std::string_view lastlog, std::uint64_t uid, const UtmpLayout& layout) {
  const std::size_t count = lastlog.size() / layout.lastlog_bytes;
  if (uid >= count) return absl::InfinitePast();
  const absl::Time time = TimeAt(lastlog, uid * layout.lastlog_bytes, layout.time_bytes);
  return time == absl::UnixEpoch() ? absl::InfinitePast() : time;
}

}  // namespace steward::agent
