#include "agent/platform/linux/tools/kernel_log.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <deque>
#include <optional>

#include "agent/platform/linux/tools/kernel_fault.h"
#include "agent/platform/platform.h"
#include "base/text.h"

namespace steward::agent {
namespace {

constexpr std::size_t kRecordBytesMax = 16 << 10;  // twice the kernel's own limit
constexpr int kRecordsMax = 1'000'000;               // a kernel that writes faster than we read must not keep us
constexpr std::size_t kTextBytesMax = 300;
constexpr std::size_t kSubjectBytesMax = 80;

bool IsNumber(std::string_view text) {
  return !text.empty() && text.size() <= 20 && text.find_first_not_of("0123456789") == std::string_view::npos;
}

std::string Plain(std::string_view text, std::size_t bytes_max) {
  std::string plain(text.substr(0, bytes_max));
  for (char& c : plain) {
    if (c < ' ' || c > '~') c = '?';
  }
  return plain;
}

// Facility 0, the kernel's own, is in the bits above the three of the level: what root's programs write there is not meant.
bool IsFromKernel(std::string_view priority) { return priority.size() == 1 && priority.front() >= '0' && priority.front() <= '7'; }

class File {
 public:
  explicit File(const std::string& path) : descriptor_(::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY)) {}
  ~File() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  int get() const { return descriptor_; }

 private:
  int descriptor_;
};

absl::Status Failed(const std::string& path) {
  const int error = errno;
  if (error == EPERM || error == EACCES) {
    return absl::PermissionDeniedError(StrCat(path, ": the kernel's log is kept for root here (kernel.dmesg_restrict)"));
  }
  const std::string message = StrCat(path, ": ", std::strerror(error));
  return error == ENOENT ? absl::NotFoundError(message) : absl::UnavailableError(message);
}

}  // namespace

std::string KernelLogLine(std::string_view record) {
  const std::size_t semicolon = record.find(';');
  if (semicolon == std::string_view::npos) return "";
  std::string_view head = record.substr(0, semicolon);
  const std::string_view text = record.substr(semicolon + 1, record.find('\n', semicolon) - semicolon - 1);
  std::array<std::string_view, 3> fields;  // priority, sequence, microseconds
  for (std::string_view& field : fields) {
    const std::size_t comma = head.find(',');
    field = head.substr(0, comma);
    head.remove_prefix(comma == std::string_view::npos ? head.size() : comma + 1);
  }
  if (!IsFromKernel(fields[0]) || !IsNumber(fields[1]) || !IsNumber(fields[2])) return "";
  const std::optional<KernelFault> fault = ClassifyKernelLine(text);
  if (!fault.has_value()) return "";
  return StrCat(fields[1], "\t", fields[2], "\t", fault->kind, "\t", Plain(fault->subject, kSubjectBytesMax), "\t",
                Plain(text, kTextBytesMax), "\n");
}

absl::StatusOr<std::string> ReadKernelLog(const std::string& path) {
  const File file(path);
  if (file.get() < 0) return Failed(path);
  std::deque<std::string> lines;
  std::size_t bytes = 0;
  std::array<char, kRecordBytesMax> record;
  for (int count = 0; count < kRecordsMax; ++count) {
    const ssize_t length = ::read(file.get(), record.data(), record.size());
    if (length == 0 || (length < 0 && errno == EAGAIN)) break;
    // EPIPE: the ring has overtaken us, the next read goes on at what is now its oldest.
    if (length < 0 && (errno == EPIPE || errno == EINTR)) continue;
    if (length < 0) return Failed(path);
    std::string line = KernelLogLine({record.data(), static_cast<std::size_t>(length)});
    if (line.empty()) continue;
    bytes += line.size();
    lines.push_back(std::move(line));
    for (; bytes > kKernelLogBytesMax; lines.pop_front()) bytes -= lines.front().size();
  }
  std::string answer;
  for (const std::string& line : lines) answer += line;
  return answer;
}

}  // namespace steward::agent
