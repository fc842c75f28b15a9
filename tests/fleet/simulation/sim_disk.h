// A disk in memory that knows what would survive a power cut, and that can be full, damaged and set back.
#pragma once

#include <cstdint>
#include <limits>
#include <map>
#include <memory>
#include <string>

#include "agent/spool/disk.h"
#include "tests/fleet/life_series.h"

namespace steward::simulation {

class SimDisk final : public agent::SpoolDisk {
 public:
  struct Inode {
    std::string content;
    std::size_t synced = 0;  // bytes that are on the platter
  };
  using Directory = std::map<std::string, std::shared_ptr<Inode>>;  // by path

  // How much it holds; what is there stays when it is made smaller.
  std::uint64_t capacity = std::numeric_limits<std::uint64_t>::max();

  std::uint64_t used() const { return used_; }

  // What was not synced is gone, or there in part: of files a prefix, of the directory all or nothing.
  void CutPower(fleet::Random& random);
  // Everything as it is now, as an image of the whole machine would have it.
  Directory Image() const;
  void SetBack(const Directory& image);
  // Overwrites some bytes of some file, or cuts it. The file that was cut; empty if none was.
  std::string Damage(fleet::Random& random);
  // It was damaged or full once: acknowledged batches may be gone from it.
  bool has_failed() const { return has_failed_; }

  absl::Status CreateDirectories(const std::filesystem::path&) override { return absl::OkStatus(); }
  absl::StatusOr<std::vector<agent::SpoolEntry>> List(const std::filesystem::path& directory) override;
  absl::StatusOr<std::unique_ptr<agent::SpoolFile>> OpenForAppend(const std::filesystem::path& file) override;
  absl::StatusOr<std::string> Read(const std::filesystem::path& file, std::uint64_t offset,
                                   std::uint64_t bytes) override;
  absl::Status Truncate(const std::filesystem::path& file, std::uint64_t bytes) override;
  absl::Status Rename(const std::filesystem::path& from, const std::filesystem::path& to) override;
  absl::Status Remove(const std::filesystem::path& file) override;
  absl::Status SyncDirectory(const std::filesystem::path&) override;

 private:
  class File;
  absl::StatusOr<std::shared_ptr<Inode>> Find(const std::filesystem::path& file) const;
  void CountUsed();

  Directory live_;
  Directory durable_;
  std::uint64_t used_ = 0;
  bool has_failed_ = false;
};

}  // namespace steward::simulation
