// Records of log-ins as the C library lays them out (utmp(5), lastlog): /var/log/btmp, wtmp and lastlog.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/time/time.h"

namespace steward::agent {

// Where the fields of a record are; the rest is the same everywhere.
struct UtmpLayout {
  std::size_t record_bytes = 0;
  std::size_t time_at = 0;
  std::size_t time_bytes = 0;
  std::size_t address_at = 0;
  std::size_t lastlog_bytes = 0;  // of a record of lastlog: time, then line and host
};
// Machines that also run 32-bit programs of their kind (x86, s390x) keep 32-bit times in 384 bytes; arm64 and riscv64
// have 64-bit times in 400.
inline constexpr UtmpLayout kUtmpLayout32 = {384, 340, 4, 348, 292};
inline constexpr UtmpLayout kUtmpLayout64 = {400, 344, 8, 360, 296};
#if defined(__aarch64__) || (defined(__riscv) && __riscv_xlen == 64)
inline constexpr UtmpLayout kUtmpLayoutHere = kUtmpLayout64;
#else
inline constexpr UtmpLayout kUtmpLayoutHere = kUtmpLayout32;
#endif
// By the name uname has for the machine.
const UtmpLayout& UtmpLayoutOf(std::string_view machine);

inline constexpr int kUtmpUserProcess = 7;

// Text as it stands in the record, which need not be printable.
struct UtmpRecord {
  int type = 0;
  std::string_view user;
  std::string_view host;  // "192.0.2.7", a name, or empty
  std::string address;    // "192.0.2.7"; empty: a log-in at the machine itself
  absl::Time time;
};
// Views into `bytes`. A cut record at the end is left out.
std::vector<UtmpRecord> ParseUtmp(std::string_view bytes, const UtmpLayout& layout);

// The last log-in of an account by lastlog; InfinitePast: none. lastlog is indexed by the account's number.
absl::Time LastLogin(std::string_view lastlog, std::uint64_t uid, const UtmpLayout& layout);

}  // namespace steward::agent
