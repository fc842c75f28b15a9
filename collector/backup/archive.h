// The files of a data directory one after the other inside a sealed stream. FORMAT.md has the layout.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "collector/backup/sealed_stream.h"

namespace steward::collector {

inline constexpr std::string_view kManifestName = "manifest.json";
inline constexpr std::string_view kDatabaseName = "collector.db";
inline constexpr std::string_view kJournalName = "collector.db-wal";
// Empty, behind the journal: the journal is worth nothing and the database is whole without it.
inline constexpr std::string_view kJournalVoidName = "collector.db-wal.void";
// Besides these: the collector's authority and its own certificate.
inline constexpr std::string_view kIdentityNames[] = {"ca.key", "ca.crt", "server.key", "server.crt"};
inline constexpr std::uint64_t kManifestBytesMax = 64 * 1024;
inline constexpr std::uint64_t kIdentityBytesMax = 64 * 1024;

class ArchiveWriter {
 public:
  explicit ArchiveWriter(SealedWriter& out) : out_(out) {}

  absl::Status Begin(std::string_view name, std::uint64_t bytes);  // then Content, `bytes` altogether
  absl::Status Content(std::string_view bytes) { return out_.Write(bytes); }
  absl::Status Add(std::string_view name, std::string_view content);
  absl::Status End();  // finishes the stream, too

 private:
  SealedWriter& out_;
};

struct ArchiveEntry {
  std::string name;  // one of those above; empty: the end
  std::uint64_t bytes = 0;
};

// What it gives may be from anybody: names are known ones, each comes once, small files are small.
class ArchiveReader {
 public:
  explicit ArchiveReader(ExactReader& in) : in_(in) {}

  // DataLoss: not an archive. Everything of the entry before must have been read.
  absl::StatusOr<ArchiveEntry> Next();
  absl::Status Read(char* to, std::size_t size) { return in_.Read(to, size); }

 private:
  ExactReader& in_;
  std::vector<std::string> seen_;
};

}  // namespace steward::collector
