#include "tests/fleet/simulation/sim_disk.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "base/text.h"

namespace steward::simulation {

class SimDisk::File final : public agent::SpoolFile {
 public:
  File(SimDisk& disk, std::shared_ptr<Inode> inode) : disk_(disk), inode_(std::move(inode)) {}
  absl::Status Append(std::string_view data) override {
    if (disk_.used_ + data.size() > disk_.capacity) {
      disk_.has_failed_ = true;
      return absl::ResourceExhaustedError("the simulated disk is full");
    }
    disk_.used_ += data.size();
    inode_->content.append(data);
    return absl::OkStatus();
  }
  absl::Status Sync() override {
    inode_->synced = inode_->content.size();
    return absl::OkStatus();
  }

 private:
  SimDisk& disk_;
  const std::shared_ptr<Inode> inode_;
};

void SimDisk::CutPower(fleet::Random& random) {
  if (random.Next() % 2 == 0) live_ = durable_;
  for (auto& [path, inode] : live_) {
    const std::size_t unsynced = inode->content.size() - inode->synced;
    inode->content.resize(inode->synced + random.Next() % (unsynced + 1));
    inode->synced = inode->content.size();
  }
  durable_ = live_;
  CountUsed();
}

SimDisk::Directory SimDisk::Image() const {
  Directory image;
  for (const auto& [path, inode] : live_) {
    image[path] = std::make_shared<Inode>(Inode{inode->content, inode->content.size()});
  }
  return image;
}

void SimDisk::SetBack(const Directory& image) {
  live_.clear();
  for (const auto& [path, inode] : image) live_[path] = std::make_shared<Inode>(*inode);
  durable_ = live_;
  CountUsed();
}

std::string SimDisk::Damage(fleet::Random& random) {
  if (live_.empty()) return {};
  const auto file = std::next(live_.begin(), static_cast<std::ptrdiff_t>(random.Next() % live_.size()));
  Inode& inode = *file->second;
  if (inode.content.empty()) return {};
  has_failed_ = true;
  std::string cut;
  const std::size_t at = random.Next() % inode.content.size();
  if (random.Next() % 4 == 0) {
    inode.content.resize(at);
    cut = file->first;
  } else {
    const std::size_t end = std::min(inode.content.size(), at + 1 + random.Next() % 64);
    for (std::size_t i = at; i < end; ++i) inode.content[i] = static_cast<char>(random.Next());
  }
  inode.synced = inode.content.size();
  CountUsed();
  return cut;
}

absl::StatusOr<std::vector<agent::SpoolEntry>> SimDisk::List(const std::filesystem::path& directory) {
  std::vector<agent::SpoolEntry> entries;
  for (const auto& [path, inode] : live_) {
    const std::filesystem::path file(path);
    if (file.parent_path() == directory) entries.push_back({file.filename().string(), inode->content.size()});
  }
  return entries;
}

absl::StatusOr<std::unique_ptr<agent::SpoolFile>> SimDisk::OpenForAppend(const std::filesystem::path& file) {
  std::shared_ptr<Inode>& inode = live_[file.string()];
  if (!inode) inode = std::make_shared<Inode>();
  return std::make_unique<File>(*this, inode);
}

absl::StatusOr<std::string> SimDisk::Read(const std::filesystem::path& file, std::uint64_t offset,
                                          std::uint64_t bytes) {
  const auto inode = Find(file);
  if (!inode.ok()) return inode.status();
  const std::string& content = (*inode)->content;
  return offset >= content.size() ? std::string() : content.substr(offset, bytes);
}

absl::Status SimDisk::Truncate(const std::filesystem::path& file, std::uint64_t bytes) {
  const auto inode = Find(file);
  if (!inode.ok()) return inode.status();
  (*inode)->content.resize(bytes);
  (*inode)->synced = std::min((*inode)->synced, (*inode)->content.size());
  CountUsed();
  return absl::OkStatus();
}

absl::Status SimDisk::Rename(const std::filesystem::path& from, const std::filesystem::path& to) {
  auto inode = Find(from);
  if (!inode.ok()) return inode.status();
  live_[to.string()] = *std::move(inode);
  live_.erase(from.string());
  CountUsed();
  return absl::OkStatus();
}

absl::Status SimDisk::Remove(const std::filesystem::path& file) {
  if (live_.erase(file.string()) == 0) return absl::NotFoundError(StrCat(file.string(), ": no such file"));
  CountUsed();
  return absl::OkStatus();
}

absl::Status SimDisk::SyncDirectory(const std::filesystem::path&) {
  durable_ = live_;
  return absl::OkStatus();
}

absl::StatusOr<std::shared_ptr<SimDisk::Inode>> SimDisk::Find(const std::filesystem::path& file) const {
  const auto found = live_.find(file.string());
  if (found == live_.end()) return absl::NotFoundError(StrCat(file.string(), ": no such file"));
  return found->second;
}

void SimDisk::CountUsed() {
  used_ = 0;
  for (const auto& [path, inode] : live_) used_ += inode->content.size();
}

}  // namespace steward::simulation
