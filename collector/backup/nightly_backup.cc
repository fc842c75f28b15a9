#include "collector/backup/nightly_backup.h"

#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <system_error>
#include <utility>

#include "base/human_text.h"
#include "base/text.h"
#include "boost/asio/post.hpp"
#include "spdlog/spdlog.h"

namespace steward::collector {
namespace {

constexpr char kNameFormat[] = "steward-%Y%m%d-%H%M%SZ.backup";
constexpr int kNice = 10;  // behind ingest

// Of the calling thread alone, as Linux has it.
void StandBack() { ::setpriority(PRIO_PROCESS, static_cast<id_t>(::syscall(SYS_gettid)), kNice); }

prometheus::Gauge& Gauge(prometheus::Registry& registry, const char* name, const char* help) {
  return prometheus::BuildGauge().Name(name).Help(help).Register(registry).Add({});
}

double Seconds(absl::Time time) { return time == absl::InfinitePast() ? 0 : static_cast<double>(absl::ToUnixSeconds(time)); }

// As far as the folder can be read.
std::vector<std::filesystem::path> EntriesOf(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> entries;
  std::error_code error;
  std::filesystem::directory_iterator at(folder, error);
  for (; !error && at != std::filesystem::directory_iterator(); at.increment(error)) entries.push_back(at->path());
  return entries;
}

absl::Time OnDay(absl::CivilDay day, absl::Duration time_of_day, absl::TimeZone zone) {
  const absl::CivilMinute at = absl::CivilMinute(day) + absl::ToInt64Minutes(time_of_day);
  return absl::FromCivil(at, zone);
}

}  // namespace

absl::Time NextBackupTime(absl::Time last, absl::Time now, absl::Duration time_of_day, absl::TimeZone zone) {
  if (last == absl::InfinitePast() || last > now + absl::Hours(1)) return now;
  const absl::CivilDay day = absl::ToCivilDay(last, zone);
  absl::Time next = OnDay(day, time_of_day, zone);
  if (next <= last) next = OnDay(day + 1, time_of_day, zone);
  return std::max(next, now);
}

std::string BackupFileName(absl::Time time) { return absl::FormatTime(kNameFormat, time, absl::UTCTimeZone()); }

absl::Time BackupFileTime(const std::filesystem::path& file) {
  const std::string name = file.filename().string();
  if (name.size() != BackupFileName(absl::UnixEpoch()).size()) return absl::InfinitePast();
  // absl reads years of any length: dashes part the digits.
  const std::string text = StrCat(name.substr(8, 4), "-", name.substr(12, 2), "-", name.substr(14, 5), ":", name.substr(19, 2), ":",
                                  name.substr(21, 2));
  absl::Time time;
  std::string error;
  if (!absl::ParseTime("%Y-%m-%d-%H:%M:%S", text, absl::UTCTimeZone(), &time, &error)) return absl::InfinitePast();
  return BackupFileName(time) == name ? time : absl::InfinitePast();
}

std::vector<std::filesystem::path> ListBackups(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> files = EntriesOf(folder);
  std::erase_if(files, [](const std::filesystem::path& file) { return BackupFileTime(file) == absl::InfinitePast(); });
  std::sort(files.begin(), files.end());
  return files;
}

NightlyBackup::NightlyBackup(Parts parts)
    : parts_(std::move(parts)),
      folder_(parts_.config.directory.empty() ? parts_.data / "backups" : std::filesystem::path(parts_.config.directory)),
      timer_(parts_.clock.NewTimer(parts_.core)),
      last_success_(Gauge(parts_.registry, "steward_backup_last_success_timestamp_seconds", "When the newest nightly backup was made; 0: never.")),
      bytes_(Gauge(parts_.registry, "steward_backup_bytes", "Size of the newest nightly backup.")),
      duration_(Gauge(parts_.registry, "steward_backup_duration_seconds", "How long the newest nightly backup took; 0: before this start.")),
      failures_(prometheus::BuildCounter()
                    .Name("steward_backup_failures_total")
                    .Help("Nightly backups that could not be made.")
                    .Register(parts_.registry)
                    .Add({})) {}

NightlyBackup::~NightlyBackup() {
  Stop();
  *alive_ = false;
}

void NightlyBackup::Start() {
  if (!parts_.config.enabled) {
    spdlog::warn("nightly backups are switched off by [backup] enabled = false");
    return;
  }
  const std::vector<std::filesystem::path> files = ListBackups(folder_);
  if (!files.empty()) {
    std::error_code error;
    last_ = BackupFileTime(files.back());
    const std::uintmax_t size = std::filesystem::file_size(files.back(), error);
    if (!error) bytes_.Set(static_cast<double>(size));
  }
  last_success_.Set(Seconds(last_));
  Wait(kAfterStart);
}

void NightlyBackup::Stop() {
  timer_->Cancel();
  cancelled_ = true;
  if (worker_.joinable()) worker_.join();
}

void NightlyBackup::Wait(absl::Duration delay) {
  timer_->Start(delay, [this] { Look(); });
}

void NightlyBackup::Look() {
  const absl::Time now = parts_.clock.WallNow();
  const absl::Duration left = NextBackupTime(last_, now, parts_.config.time, absl::LocalTimeZone()) - now;
  if (left <= absl::ZeroDuration() && !running_) return Begin();
  Wait(std::clamp(left, absl::Seconds(1), kLookEvery));
}

void NightlyBackup::Begin() {
  if (worker_.joinable()) worker_.join();  // has ended
  running_ = true;
  worker_ = std::thread([this, alive = std::weak_ptr(alive_), now = parts_.clock.WallNow(), begun = parts_.clock.BootNow()] {
    StandBack();
    const std::filesystem::path file = folder_ / BackupFileName(now);
    Outcome outcome{Make(file, now), file, now, parts_.clock.BootNow() - begun};
    boost::asio::post(parts_.core, [this, alive, outcome = std::move(outcome)] {
      if (const auto still = alive.lock(); still && *still) OnDone(outcome);
    });
  });
}

absl::StatusOr<BackupResult> NightlyBackup::Make(const std::filesystem::path& file, absl::Time now) {
  std::error_code error;
  std::filesystem::create_directories(folder_, error);
  if (error) return absl::PermissionDeniedError(StrCat(folder_.string(), ": cannot be made: ", error.message(), "; see [backup] directory"));
  absl::StatusOr<BackupKey> key = FindOrMakeBackupKey(parts_.config.key_file, parts_.data, parts_.random);
  if (!key.ok()) return key.status();
  if (key->made || key->in_data_directory) {
    spdlog::warn("backups are encrypted with {}: keep a copy of it elsewhere, without it no backup can be restored{}", key->file.string(),
                 key->in_data_directory ? ", and it would go with the data directory" : "");
  }
  return WriteBackup({parts_.data, file, *std::move(key), now, parts_.version, [this] { return cancelled_.load(); }}, parts_.random);
}

void NightlyBackup::OnDone(const Outcome& outcome) {
  running_ = false;
  if (cancelled_) return;
  if (!outcome.result.ok()) {
    failures_.Increment();
    spdlog::error("the nightly backup failed and is tried again in {}: {}", RoughDuration(kRetry), std::string(outcome.result.status().message()));
    return Wait(kRetry);
  }
  last_ = outcome.time;
  last_success_.Set(Seconds(last_));
  bytes_.Set(static_cast<double>(outcome.result->bytes));
  duration_.Set(absl::ToDoubleSeconds(outcome.duration));
  spdlog::info("backup {} made: {} in {:.1f} s", outcome.file.string(), ByteSize(static_cast<double>(outcome.result->bytes)),
               absl::ToDoubleSeconds(outcome.duration));
  Prune();
  Wait(kLookEvery);
}

// Only after a good one, so that the last good ones outlive a damaged database.
void NightlyBackup::Prune() {
  std::vector<std::filesystem::path> files = ListBackups(folder_);
  std::error_code error;
  while (files.size() > static_cast<std::size_t>(parts_.config.keep)) {
    std::filesystem::remove(files.front(), error);
    files.erase(files.begin());
  }
  for (const std::filesystem::path& file : EntriesOf(folder_)) {  // what a backup that was killed has left
    if (file.extension() == ".part" && BackupFileTime(file.stem()) != absl::InfinitePast()) std::filesystem::remove(file, error);
  }
}

}  // namespace steward::collector
