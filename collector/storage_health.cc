#include "collector/storage_health.h"

#include <sys/statvfs.h>

#include <algorithm>
#include <utility>

#include "base/human_text.h"
#include "base/text.h"
#include "spdlog/spdlog.h"

namespace steward::collector {
namespace {

// Room must come back by more than it was short, or the warning would come and go.
constexpr double kEnoughAgain = 1.25;
constexpr const char* kKindWords[] = {"disk_full", "damaged", "unavailable"};

int KindOf(const absl::Status& status) {
  if (absl::IsResourceExhausted(status)) return 0;
  return absl::IsDataLoss(status) ? 1 : 2;
}

prometheus::Gauge& Gauge(prometheus::Registry& registry, const char* name, const char* help) {
  return prometheus::BuildGauge().Name(name).Help(help).Register(registry).Add({});
}

double LowBelow(const DiskRoom& room) {
  return std::min(static_cast<double>(StorageHealth::kLowBytes), StorageHealth::kLowShare * static_cast<double>(room.total_bytes));
}

}  // namespace

std::optional<DiskRoom> RoomOf(const std::string& path) {
  struct statvfs state = {};
  if (::statvfs(path.c_str(), &state) != 0) return std::nullopt;
  return DiskRoom{static_cast<std::uint64_t>(state.f_bavail) * state.f_frsize, static_cast<std::uint64_t>(state.f_blocks) * state.f_frsize};
}

StorageHealth::StorageHealth(std::string path, std::function<std::optional<DiskRoom>()> room, prometheus::Registry& registry)
    : path_(std::move(path)),
      room_of_(std::move(room)),
      free_bytes_(Gauge(registry, "steward_storage_free_bytes", "Room left on the disk below the store.")),
      low_space_(Gauge(registry, "steward_storage_low_space", "1 while the disk below the store has less room than it should.")) {
  auto& family = prometheus::BuildGauge()
                     .Name("steward_storage_fault")
                     .Help("1 while the store takes nothing in, by what is wrong. Agents keep their samples meanwhile.")
                     .Register(registry);
  for (int i = 0; i < kKinds; ++i) faults_[i] = &family.Add({{"kind", kKindWords[i]}});
}

void StorageHealth::Tried(const absl::Status& status) {
  const MutexLock lock(&mutex_);
  if (!status.ok()) {
    Fail(status);
    return;
  }
  if (fault_.ok()) return;
  room_ = room_of_();
  if (room_.has_value() && room_->free_bytes < kFullBytes) return;  // something small found a place: not yet
  Recover();
}

void StorageHealth::Look() {
  const MutexLock lock(&mutex_);
  room_ = room_of_();
  if (!room_.has_value()) return;
  NoteRoom();
  if (fault_.ok() && room_->free_bytes < kFullBytes) {
    Fail(absl::ResourceExhaustedError(StrCat("no space left for ", path_, "; nothing that was acknowledged is lost, free space and it goes on")));
  }
}

void StorageHealth::NoteRoom() {
  free_bytes_.Set(static_cast<double>(room_->free_bytes));
  const double free = static_cast<double>(room_->free_bytes);
  const double low_below = LowBelow(*room_);
  if (!low_ && free < low_below) {
    low_ = true;
    spdlog::warn("the disk of {} is nearly full: {}. When nothing is left the collector takes nothing in until there is room; agents "
                 "keep their samples for a while. Enlarge the disk, delete what else lies there, or move [backup] directory to another",
                 path_, RoomText());
  } else if (low_ && free >= kEnoughAgain * low_below) {
    low_ = false;
    spdlog::info("the disk of {} has room again: {}", path_, RoomText());
  }
  low_space_.Set(low_ ? 1 : 0);
}

void StorageHealth::Fail(const absl::Status& status) {
  const bool is_new = fault_.ok() || KindOf(fault_) != KindOf(status);
  fault_ = status;
  if (!is_new) return;
  room_ = room_of_();
  for (int i = 0; i < kKinds; ++i) faults_[i]->Set(i == KindOf(status) ? 1 : 0);
  spdlog::error("the store takes nothing in ({}): {}. Agents keep their samples and are told to wait", RoomText(),
                std::string(status.message()));
}

void StorageHealth::Recover() {
  fault_ = absl::OkStatus();
  for (prometheus::Gauge* fault : faults_) fault->Set(0);
  spdlog::info("the store works again ({})", RoomText());
}

std::string StorageHealth::RoomText() const {
  if (!room_.has_value()) return "its disk does not say how much room it has";
  return StrCat(ByteSize(static_cast<double>(room_->free_bytes)), " of ", ByteSize(static_cast<double>(room_->total_bytes)), " free");
}

bool StorageHealth::failing() const {
  const MutexLock lock(&mutex_);
  return !fault_.ok();
}

std::optional<DiskRoom> StorageHealth::room() const {
  const MutexLock lock(&mutex_);
  return room_;
}

absl::Status StorageHealth::Ready() const {
  const MutexLock lock(&mutex_);
  if (fault_.ok()) return absl::OkStatus();
  return absl::UnavailableError(StrCat("the store takes nothing in (", RoomText(), "): ", ToStd(fault_.message())));
}

}  // namespace steward::collector
