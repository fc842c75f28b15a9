// The file systems of one machine, put together from its node_filesystem_* series.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/time/time.h"
#include "absl/types/span.h"
#include "collector/ingest/observation.h"
#include "collector/rules/fill_history.h"

namespace steward::collector {

struct FileSystem {
  std::string mountpoint;  // the subject: the shortest of its device's mount points. Device names change with each boot.
  std::string device;
  std::string type;
  double size = 0;         // bytes
  double free = 0;         // bytes, what root alone may use included
  double avail = 0;        // bytes that ordinary users may still use
  absl::Duration interval; // how often it is sampled
  const FillHistory* history = nullptr;  // this sample included

  // As df shows it: of what ordinary users can use. 0 to 100.
  double UsedPercent() const;
};

// Local and writable by its type and place: no tmpfs, overlay, squashfs, iso9660, network or removable ones.
bool IsJudgedFileSystem(std::string_view type, std::string_view mountpoint);

// Of one machine. Remembers which series mean what, and each file system's history.
class FileSystemTracker {
 public:
  // Those sampled completely in this observation, in scope and writable; one a device, by mount point. The view and its
  // histories hold until the next call. Observations come in order of time.
  absl::Span<const FileSystem> Update(const Observation& observation);

  // For a restart of the collector.
  std::string Encode() const;
  void Decode(std::string_view text);

 private:
  enum class Field : std::uint8_t { kSize, kFree, kAvail, kReadOnly };
  struct SeriesRole {
    std::uint32_t series = 0;
    std::uint32_t mount = 0;
    Field field = Field::kSize;
  };
  struct Mount {
    std::string mountpoint, device, type;
    double size = 0, free = 0, avail = 0, read_only = 0;
    std::uint8_t seen = 0;  // bits of Field
    std::uint32_t group = 0;
  };
  void Learn(const Observation& observation);
  void LearnSeries(const v1::SeriesDescriptor& series);
  FillHistory* HistoryOf(const std::string& mountpoint, absl::Time now);  // null: too many

  std::uint64_t epoch_ = 0;
  std::size_t learnt_count_ = 0;  // how many series the descriptors held when roles_ was made
  std::map<std::uint32_t, std::vector<SeriesRole>> roles_;  // by group, ascending by series
  std::vector<Mount> mounts_;
  std::vector<FileSystem> sampled_;
  std::map<std::string, FillHistory, std::less<>> histories_;  // by mount point
};

}  // namespace steward::collector
