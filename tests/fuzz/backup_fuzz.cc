// A backup may come from anybody: its head, and its content once it is decrypted.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include "collector/backup/archive.h"
#include "collector/backup/sealed_stream.h"

namespace steward::collector {
namespace {

class TextReader final : public ExactReader {
 public:
  explicit TextReader(std::string_view text) : text_(text) {}
  absl::Status Read(char* to, std::size_t size) override {
    if (text_.size() < size) return absl::DataLossError("ends early");
    std::memcpy(to, text_.data(), size);
    text_.remove_prefix(size);
    return absl::OkStatus();
  }
  absl::Status ExpectEnd() override { return text_.empty() ? absl::OkStatus() : absl::DataLossError("more"); }

 private:
  std::string_view text_;
};

void ReadHead(std::string_view text) {
  const auto head = ReadSealHead([&text](char* to, std::size_t size) -> absl::StatusOr<std::size_t> {
    const std::size_t take = std::min(size, text.size());
    std::memcpy(to, text.data(), take);
    text.remove_prefix(take);
    return take;
  });
  if (head.ok() && head->hint.size() > kSealHintBytesMax) __builtin_trap();
}

void ReadArchive(std::string_view text) {
  TextReader bytes(text);
  ArchiveReader reader(bytes);
  while (true) {
    const auto entry = reader.Next();
    if (!entry.ok() || entry->name.empty()) return;
    if (entry->name.find('/') != std::string::npos) __builtin_trap();
    char piece[256];
    for (std::uint64_t left = entry->bytes; left > 0;) {
      const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(left, sizeof piece));
      if (!reader.Read(piece, size).ok()) return;
      left -= size;
    }
  }
}

}  // namespace
}  // namespace steward::collector

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  steward::collector::ReadHead(text);
  steward::collector::ReadArchive(text);
  return 0;
}
