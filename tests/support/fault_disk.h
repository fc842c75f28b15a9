// A disk for the spool that can be full.
#pragma once

#include <cstdint>
#include <limits>
#include <memory>
#include <string>
#include <utility>

#include "agent/spool/disk.h"

namespace steward::agent {

class FaultDisk final : public SpoolDisk {
 public:
  // How many more bytes the disk takes; deleting files gives none back.
  std::uint64_t free_bytes = std::numeric_limits<std::uint64_t>::max();
  int open_files = 0;
  int syncs = 0;

  absl::Status CreateDirectories(const std::filesystem::path& d) override { return real_->CreateDirectories(d); }
  absl::StatusOr<std::vector<SpoolEntry>> List(const std::filesystem::path& d) override { return real_->List(d); }
  absl::StatusOr<std::unique_ptr<SpoolFile>> OpenForAppend(const std::filesystem::path& file) override {
    auto real = real_->OpenForAppend(file);
    if (!real.ok()) return real.status();
    return std::make_unique<File>(*this, *std::move(real));
  }
  absl::StatusOr<std::string> Read(const std::filesystem::path& file, std::uint64_t offset,
                                   std::uint64_t bytes) override {
    return real_->Read(file, offset, bytes);
  }
  absl::Status Truncate(const std::filesystem::path& f, std::uint64_t bytes) override {
    return real_->Truncate(f, bytes);
  }
  absl::Status Rename(const std::filesystem::path& from, const std::filesystem::path& to) override {
    return real_->Rename(from, to);
  }
  absl::Status Remove(const std::filesystem::path& file) override { return real_->Remove(file); }
  absl::Status SyncDirectory(const std::filesystem::path& d) override { return real_->SyncDirectory(d); }

 private:
  class File final : public SpoolFile {
   public:
    File(FaultDisk& disk, std::unique_ptr<SpoolFile> real) : disk_(disk), real_(std::move(real)) { ++disk_.open_files; }
    ~File() override { --disk_.open_files; }
    absl::Status Append(std::string_view data) override {
      if (data.size() > disk_.free_bytes) return absl::ResourceExhaustedError("the test's disk is full");
      if (disk_.free_bytes != std::numeric_limits<std::uint64_t>::max()) disk_.free_bytes -= data.size();
      return real_->Append(data);
    }
    absl::Status Sync() override {
      ++disk_.syncs;
      return real_->Sync();
    }

   private:
    FaultDisk& disk_;
    std::unique_ptr<SpoolFile> real_;
  };

  std::unique_ptr<SpoolDisk> real_ = NewPosixSpoolDisk();
};

}  // namespace steward::agent
