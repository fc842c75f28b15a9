// A data directory, its backup, and what is made of it again.
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <thread>

#include "collector/backup/backup_file.h"
#include "collector/backup/restore.h"
#include "collector/identity/certificate_authority.h"
#include "collector/storage/sqlite/check_file.h"
#include "collector/storage/sqlite/sqlite_storage.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/machine_key.h"

namespace steward::collector {
namespace {

using testing::HasSubstr;

constexpr char kMachineId[] = "11111111-2222-4333-8444-555555555555";

std::string Content(const std::filesystem::path& file) {
  std::stringstream text;
  text << std::ifstream(file, std::ios::binary).rdbuf();
  return text.str();
}

BatchRecord Batch(std::uint64_t sequence) {
  BatchRecord batch;
  batch.machine_id = kMachineId;
  batch.epoch = 7;
  batch.sequence = sequence;
  batch.segment_first_sequence = (sequence - 1) / 60 * 60 + 1;
  batch.time = absl::FromUnixSeconds(1'700'000'000) + absl::Seconds(15) * static_cast<std::int64_t>(sequence);
  batch.samples = std::string(300, static_cast<char>('a' + sequence % 26));
  batch.sample_count = 1;
  return batch;
}

class BackupTest : public testing::Test {
 protected:
  BackupTest() {
    std::filesystem::create_directory(data_);
    EXPECT_TRUE(CertificateAuthority::OpenOrCreate(data_, SystemRandom()).ok());
    auto storage = OpenSqliteStorage(data_ / "collector.db");
    EXPECT_TRUE(storage.ok()) << storage.status();
    storage_ = *std::move(storage);
    EXPECT_TRUE(storage_->WriteAndWait([](StorageTransaction& t) {
      MachineRecord machine;
      machine.id = kMachineId;
      machine.host_name = machine.instance = "alpha";
      return t.PutMachine(machine);
    }).ok());
    key_ = *FindOrMakeBackupKey("", data_, SystemRandom());
  }

  void Append(std::uint64_t first, std::uint64_t last) {
    ASSERT_TRUE(storage_->WriteAndWait([&](StorageTransaction& t) {
      absl::Status status;
      for (std::uint64_t i = first; status.ok() && i <= last; ++i) status = t.AppendBatch(Batch(i)).status();
      return status;
    }).ok());
  }

  absl::StatusOr<BackupResult> Backup() { return WriteBackup({data_, file_, key_, absl::Now(), "1.2.3"}, SystemRandom()); }

  absl::StatusOr<RestoreResult> Restore(const std::filesystem::path& key_file = "") {
    auto directory = DataDirectory::Open(restored_, DataDirectory::Use::kRestore);
    if (!directory.ok()) return directory.status();
    return RestoreBackup({file_, key_file}, *directory);
  }

  static std::uint64_t Last(const std::filesystem::path& data) {
    auto storage = OpenSqliteStorage(data / "collector.db");
    EXPECT_TRUE(storage.ok()) << storage.status();
    std::uint64_t last = 0;
    EXPECT_TRUE((*storage)->Read([&](StorageReader& reader) {
      const auto committed = reader.CommittedIntervals(kMachineId, 7);
      EXPECT_EQ(committed->size(), 1u);
      if (!committed->empty()) last = committed->front().last;
      return absl::OkStatus();
    }).ok());
    return last;
  }

  const TemporaryDirectory parent_;
  const std::filesystem::path data_ = parent_.path() / "data";
  const std::filesystem::path file_ = parent_.path() / "one.backup";
  const std::filesystem::path restored_ = parent_.path() / "restored";
  std::unique_ptr<Storage> storage_;
  BackupKey key_;
};

TEST_F(BackupTest, GivesBackEverythingThatWasCommitted) {
  Append(1, 700);
  const auto made = Backup();
  ASSERT_TRUE(made.ok()) << made.status();
  EXPECT_EQ(made->bytes, std::filesystem::file_size(file_));
  Append(701, 800);
  const auto restored = Restore();
  ASSERT_TRUE(restored.ok()) << restored.status();
  EXPECT_EQ(restored->version, "1.2.3");
  EXPECT_EQ(Last(restored_), 700u);
  for (const char* name : {"ca.key", "ca.crt", "server.key", "server.crt"}) EXPECT_EQ(Content(restored_ / name), Content(data_ / name));
  const auto report = CheckSqliteFile(restored_ / "collector.db");
  ASSERT_TRUE(report.ok());
  EXPECT_TRUE(report->problems.empty()) << report->problems.front();
  EXPECT_EQ(report->batches, 700u);
  EXPECT_EQ(report->machines, 1u);
}

TEST_F(BackupTest, OfAStoppedCollector) {
  Append(1, 50);
  storage_.reset();
  ASSERT_TRUE(Backup().ok());
  ASSERT_TRUE(Restore().ok());
  EXPECT_EQ(Last(restored_), 50u);
}

TEST_F(BackupTest, IsWholeWhateverIsWrittenMeanwhile) {
  std::atomic<bool> stop = false;
  std::atomic<std::uint64_t> durable = 0;
  std::thread writer([&] {
    for (std::uint64_t i = 1; !stop; ++i) {
      EXPECT_TRUE(storage_->WriteAndWait([i](StorageTransaction& t) { return t.AppendBatch(Batch(i)).status(); }).ok());
      durable = i;
    }
  });
  for (int round = 0; round < 4; ++round) {
    const std::uint64_t target = durable + 200;
    while (durable < target) std::this_thread::yield();
    const std::uint64_t before = durable;
    const auto made = Backup();
    ASSERT_TRUE(made.ok()) << made.status();
    std::filesystem::remove_all(restored_);
    const auto restored = Restore();
    ASSERT_TRUE(restored.ok()) << restored.status();
    EXPECT_GE(Last(restored_), before);
  }
  stop = true;
  writer.join();
}

TEST_F(BackupTest, SurvivesItsOwnDeathWithTheFormerOneWhole) {
  Append(1, 500);
  ASSERT_TRUE(Backup().ok());
  const std::string former = Content(file_);
  Append(501, 900);
  storage_.reset();  // a child of a process with threads may find their locks held for ever
  int looks_in_all = 0;
  ASSERT_TRUE(WriteBackup({data_, file_.string() + ".other", key_, absl::Now(), "1.2.3",
                           [&] {
                             ++looks_in_all;
                             return false;
                           }},
                          SystemRandom())
                  .ok());
  ASSERT_GE(looks_in_all, 2);
  for (int last_look = 1; last_look <= looks_in_all; ++last_look) {
    const pid_t child = fork();
    if (child == 0) {
      // It dies at the given look at its order to stop: somewhere in the middle of the copy.
      int looks = 0;
      (void)WriteBackup({data_, file_, key_, absl::Now(), "1.2.3", [&] {
                           if (++looks == last_look) raise(SIGKILL);
                           return false;
                         }},
                        SystemRandom());
      _exit(0);
    }
    int status = 0;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    EXPECT_TRUE(WIFSIGNALED(status));
    EXPECT_TRUE(Content(file_) == former) << "look " << last_look;
  }
  EXPECT_TRUE(std::filesystem::exists(file_.string() + ".part")) << "it was in the middle";
  ASSERT_TRUE(Backup().ok()) << "what it left is in nobody's way";
  ASSERT_TRUE(Restore().ok());
  EXPECT_EQ(Last(restored_), 900u);
}

TEST_F(BackupTest, ThatIsStoppedLeavesNothing) {
  const auto stopped = WriteBackup({data_, file_, key_, absl::Now(), "", [] { return true; }}, SystemRandom());
  EXPECT_TRUE(absl::IsCancelled(stopped.status())) << stopped.status();
  EXPECT_FALSE(std::filesystem::exists(file_));
  EXPECT_FALSE(std::filesystem::exists(file_.string() + ".part"));
}

TEST_F(BackupTest, IsNotMadeOfADamagedDatabase) {
  Append(1, 900);
  ASSERT_TRUE(Backup().ok());
  const std::string former = Content(file_);
  storage_.reset();
  {
    std::fstream database(data_ / "collector.db", std::ios::in | std::ios::out | std::ios::binary);
    for (const int page : {6, 9, 12, 15, 18}) {
      database.seekp(page * 4096);
      database << std::string(4096, '\x5a');
    }
  }
  EXPECT_EQ(Backup().status().code(), absl::StatusCode::kDataLoss);
  EXPECT_TRUE(Content(file_) == former);
}

TEST_F(BackupTest, IsRestoredIntoAnEmptyFolderOnly) {
  ASSERT_TRUE(Backup().ok());
  std::filesystem::create_directory(restored_);
  std::ofstream(restored_ / "letter.txt") << "x";
  EXPECT_THAT(std::string(Restore().status().message()), testing::AllOf(HasSubstr("letter.txt"), HasSubstr("empty folder")));
  std::filesystem::remove(restored_ / "letter.txt");
  ASSERT_TRUE(Restore().ok());
  EXPECT_THAT(std::string(Restore().status().message()), HasSubstr("not empty"));
}

TEST_F(BackupTest, NeedsItsKey) {
  ASSERT_TRUE(Backup().ok());
  std::ofstream(parent_.path() / "other") << "the key of somebody else\n";
  EXPECT_THAT(std::string(Restore(parent_.path() / "other").status().message()), HasSubstr("does not hold the key"));
  std::filesystem::rename(key_.file, parent_.path() / "moved");
  const absl::Status missing = Restore().status();
  EXPECT_TRUE(absl::IsNotFound(missing));
  EXPECT_THAT(std::string(missing.message()), HasSubstr("--passphrase-file"));
  ASSERT_TRUE(Restore(parent_.path() / "moved").ok());
}

TEST_F(BackupTest, ThatIsDamagedOrCutOffRestoresNothing) {
  Append(1, 900);
  ASSERT_TRUE(Backup().ok());
  const std::string whole = Content(file_);
  for (const std::size_t keep : {whole.size() - 1, whole.size() / 2, std::size_t{20}, std::size_t{0}}) {
    std::ofstream(file_, std::ios::binary | std::ios::trunc) << whole.substr(0, keep);
    EXPECT_EQ(Restore().status().code(), absl::StatusCode::kDataLoss) << keep;
    EXPECT_FALSE(std::filesystem::exists(restored_ / "collector.db"));
    EXPECT_FALSE(std::filesystem::exists(restored_ / "ca.key"));
  }
  std::string damaged = whole;
  damaged[damaged.size() - 100'000] ^= 1;
  std::ofstream(file_, std::ios::binary | std::ios::trunc) << damaged;
  EXPECT_EQ(Restore().status().code(), absl::StatusCode::kDataLoss);
  std::ofstream(file_, std::ios::binary | std::ios::trunc) << whole;
  EXPECT_TRUE(Restore().ok()) << "the folder is as good as new";
}

TEST_F(BackupTest, ARestoreThatWasCutOffStartsNoCollectorAndIsDoneAgain) {
  ASSERT_TRUE(Backup().ok());
  std::filesystem::create_directories(restored_ / "restoring");
  std::ofstream(restored_ / "restoring" / "collector.db") << "half";
  std::ofstream(restored_ / "ca.key") << "moved already";
  EXPECT_THAT(std::string(DataDirectory::Open(restored_).status().message()), HasSubstr("a restore into it was cut off"));
  ASSERT_TRUE(Restore().ok());
  EXPECT_TRUE(DataDirectory::Open(restored_).ok());
  EXPECT_FALSE(std::filesystem::exists(restored_ / "restoring"));
}

}  // namespace
}  // namespace steward::collector
