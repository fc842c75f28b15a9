#include "collector/backup/archive.h"

#include <algorithm>

#include "base/text.h"

namespace steward::collector {
namespace {

bool IsIdentity(std::string_view name) {
  return std::find(std::begin(kIdentityNames), std::end(kIdentityNames), name) != std::end(kIdentityNames);
}

absl::Status CheckEntry(const ArchiveEntry& entry, const std::vector<std::string>& seen) {
  const std::string_view name = entry.name;
  const bool small = name == kManifestName || IsIdentity(name);
  if (!small && name != kDatabaseName && name != kJournalName && name != kJournalVoidName) {
    return absl::DataLossError("the backup holds a file that this program does not know; use the Steward that wrote it, or a newer one");
  }
  if (seen.empty() != (name == kManifestName) || std::find(seen.begin(), seen.end(), name) != seen.end() ||
      (small && entry.bytes > std::max(kManifestBytesMax, kIdentityBytesMax))) {
    return absl::DataLossError(StrCat("the backup's entry ", name, " is not where or what it should be"));
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status ArchiveWriter::Begin(std::string_view name, std::uint64_t bytes) {
  std::string head(1, static_cast<char>(name.size()));
  head += name;
  for (int i = 0; i < 8; ++i) head += static_cast<char>((bytes >> (8 * i)) & 0xff);
  return out_.Write(head);
}

absl::Status ArchiveWriter::Add(std::string_view name, std::string_view content) {
  const absl::Status status = Begin(name, content.size());
  return status.ok() ? Content(content) : status;
}

absl::Status ArchiveWriter::End() {
  const absl::Status status = out_.Write(std::string_view("\0", 1));
  return status.ok() ? out_.Finish() : status;
}

absl::StatusOr<ArchiveEntry> ArchiveReader::Next() {
  char size = 0;
  if (absl::Status status = in_.Read(&size, 1); !status.ok()) return status;
  ArchiveEntry entry;
  if (size == 0) {
    if (absl::Status status = in_.ExpectEnd(); !status.ok()) return status;
    return entry;
  }
  entry.name.resize(static_cast<unsigned char>(size));
  unsigned char bytes[8] = {};
  absl::Status status = in_.Read(entry.name.data(), entry.name.size());
  if (status.ok()) status = in_.Read(reinterpret_cast<char*>(bytes), sizeof bytes);
  for (int i = 0; i < 8; ++i) entry.bytes |= std::uint64_t{bytes[i]} << (8 * i);
  if (status.ok()) status = CheckEntry(entry, seen_);
  if (!status.ok()) return status;
  seen_.push_back(entry.name);
  return entry;
}

}  // namespace steward::collector
