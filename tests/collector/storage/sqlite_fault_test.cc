// What must survive: kill -9, a full disk, readers while hours are folded.
#include <fcntl.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <latch>
#include <random>
#include <string>
#include <thread>

#include "absl/strings/str_cat.h"
#include "collector/storage/sqlite/connection.h"
#include "collector/storage/sqlite/interrupt.h"
#include "collector/storage/sqlite/open_file.h"
#include "collector/storage/sqlite/sqlite_storage.h"
#include "tests/collector/storage/sample_writer.h"
#include "tests/collector/storage/storage_contract.h"

namespace steward::collector {
namespace {

absl::Status PutTestMachine(Storage& storage) {
  return storage.WriteAndWait([](StorageTransaction& t) { return t.PutMachine(TestMachine()); });
}

std::vector<SequenceInterval> Committed(Storage& storage) {
  std::vector<SequenceInterval> committed;
  EXPECT_TRUE(storage.Read([&](StorageReader& r) {
    committed = *r.CommittedIntervals(kMachine, 1);
    return absl::OkStatus();
  }).ok());
  return committed;
}

// Writes batches without end and tells each committed sequence down the pipe.
[[noreturn]] void WriteUntilKilled(const std::filesystem::path& path, int pipe) {
  auto storage = OpenSqliteStorage(path);
  if (!storage.ok()) _exit(1);
  const auto committed = Committed(**storage);
  for (std::uint64_t sequence = committed.empty() ? 1 : committed.back().last + 1;; ++sequence) {
    (*storage)->Write(
        [sequence](StorageTransaction& t) {
          // An hour every 240 batches, so that folding is cut off too.
          return t.AppendBatch(TestBatch(1, (sequence - 1) / 60 * 60 + 1, sequence, std::string(300, 'p'))).status();
        },
        [sequence, pipe](absl::Status status) {
          if (!status.ok() || write(pipe, &sequence, sizeof sequence) != sizeof sequence) _exit(2);
        },
        300);
    while ((*storage)->QueuedBytes() > 60'000) usleep(50);
  }
}

TEST(SqliteFaultTest, LosesNothingThatWasAcknowledgedToKillMinusNine) {
  const TemporaryFolder folder;
  const auto path = folder.path() / "collector.db";
  ASSERT_TRUE(PutTestMachine(**OpenSqliteStorage(path)).ok());
  std::uint64_t acknowledged = 0;
  for (int round = 0; round < 8; ++round) {
    int pipes[2];
    ASSERT_EQ(pipe(pipes), 0);
    const pid_t child = fork();
    if (child == 0) WriteUntilKilled(path, pipes[1]);
    close(pipes[1]);
    std::uint64_t sequence = 0;
    for (int count = 0; count < 300 + 100 * round && read(pipes[0], &sequence, sizeof sequence) > 0; ++count) {
      acknowledged = sequence;
    }
    kill(child, SIGKILL);
    while (read(pipes[0], &sequence, sizeof sequence) == sizeof sequence) acknowledged = sequence;
    close(pipes[0]);
    int status = 0;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status)) << "the child ended by itself with " << WEXITSTATUS(status);
    auto storage = OpenSqliteStorage(path);
    ASSERT_TRUE(storage.ok()) << storage.status();
    const auto committed = Committed(**storage);
    ASSERT_EQ(committed.size(), 1u);
    EXPECT_EQ(committed.front().first, 1u);
    EXPECT_GE(committed.front().last, acknowledged);
    for (std::uint64_t i = 1; i <= acknowledged; i += 97) {
      ASSERT_TRUE((*storage)->WriteAndWait([i](StorageTransaction& t) {
        EXPECT_EQ(*t.AppendBatch(TestBatch(1, (i - 1) / 60 * 60 + 1, i, std::string(300, 'p'))),
                  AppendResult::kDuplicate);
        EXPECT_EQ(*t.AppendBatch(TestBatch(1, (i - 1) / 60 * 60 + 1, i, "other")), AppendResult::kConflict);
        return absl::OkStatus();
      }).ok());
    }
  }
  EXPECT_GT(acknowledged, 2000u);
  EXPECT_TRUE(CheckSqliteStorage(path).ok());
}

// A step that writes more than the cache holds, so that the journal grows while it runs.
std::vector<SchemaStep> StepsWithALargeOne() {
  std::vector<SchemaStep> steps(SchemaSteps().begin(), SchemaSteps().end());
  steps.push_back({steps.back().number + 1, 1,
                   "CREATE TABLE extra (id INTEGER PRIMARY KEY, bytes BLOB);"
                   "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 7000) "
                   "INSERT INTO extra SELECT i, randomblob(8000) FROM n;"});
  return steps;
}

TEST(SqliteFaultTest, ASchemaStepThatIsKilledIsDoneWholeTheNextTime) {
  const TemporaryFolder folder;
  const auto path = folder.path() / "collector.db";
  ASSERT_TRUE(PutTestMachine(**OpenSqliteStorage(path)).ok());
  const std::vector<SchemaStep> steps = StepsWithALargeOne();
  for (const std::uintmax_t journal_bytes : {1, 4 << 20, 12 << 20}) {
    const pid_t child = fork();
    if (child == 0) _exit(OpenFile(path, {}, steps).ok() ? 0 : 1);
    int status = 0;
    std::error_code error;
    while (waitpid(child, &status, WNOHANG) == 0) {
      const std::uintmax_t size = std::filesystem::file_size(path.string() + "-wal", error);
      if (!error && size >= journal_bytes) kill(child, SIGKILL);
    }
    ASSERT_TRUE(WIFSIGNALED(status)) << "it was done before the journal had " << journal_bytes << " bytes";
    EXPECT_TRUE(CheckSqliteStorage(path).ok());
    Connection connection(path, Connection::Mode::kRead);
    EXPECT_EQ(connection.Integer("SELECT value FROM meta WHERE name = 'schema'"), SchemaSteps().back().number);
    EXPECT_EQ(connection.Integer("SELECT COUNT(*) FROM sqlite_schema WHERE name = 'extra'"), 0);
  }
  const auto connection = OpenFile(path, {}, steps);
  ASSERT_TRUE(connection.ok()) << connection.status();
  EXPECT_EQ((*connection)->Integer("SELECT COUNT(*) FROM extra"), 7000);
}

TEST(SqliteFaultTest, ALongStatementEndsWhenItIsTold) {
  const TemporaryFolder folder;
  Connection connection(folder.path() / "collector.db", Connection::Mode::kWrite);
  const InterruptWhen interrupt(connection.handle(), [] { return true; });
  EXPECT_THROW(connection.Integer("WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT COUNT(*) FROM n"),
               SQLite::Exception);
}

// Bytes that do not shrink when they are packed.
std::string Noise(std::uint64_t seed) {
  std::mt19937_64 random(seed);
  std::string noise(3'000, '\0');
  for (char& byte : noise) byte = static_cast<char>(random());
  return noise;
}

// Appends until it fails; the sequences that were acknowledged are 1 to the result.
std::uint64_t AppendUntilFull(Storage& storage, std::uint64_t first, absl::Status& failure) {
  for (std::uint64_t sequence = first;; ++sequence) {
    failure = storage.WriteAndWait([sequence](StorageTransaction& t) {
      return t.AppendBatch(TestBatch(1, sequence, sequence, Noise(sequence))).status();
    });
    if (!failure.ok() || sequence > 100'000) return sequence - 1;
  }
}

TEST(SqliteFaultTest, RefusesWritesWhenTheFileMayNotGrow) {
  const TemporaryFolder folder;
  SqliteStorageOptions options;
  options.file_bytes_max = 2 << 20;
  std::uint64_t last = 0;
  {
    auto storage = OpenSqliteStorage(folder.path() / "collector.db", options);
    ASSERT_TRUE(storage.ok()) << storage.status();
    ASSERT_TRUE(PutTestMachine(**storage).ok());
    absl::Status failure;
    last = AppendUntilFull(**storage, 1, failure);
    EXPECT_EQ(failure.code(), absl::StatusCode::kResourceExhausted) << failure;
    EXPECT_THAT(std::string(failure.message()), testing::HasSubstr("no space left for"));
    EXPECT_THAT(Committed(**storage), testing::ElementsAre(SequenceInterval{1, last}));
    // Reading and small changes that need no new page go on.
    EXPECT_TRUE((*storage)->WriteAndWait([](StorageTransaction& t) { return t.PutMachine(TestMachine()); }).ok());
    // Space comes back.
    for (bool left = true; left;) {
      ASSERT_TRUE((*storage)->WriteAndWait([&](StorageTransaction& t) {
        const auto result = t.Expire({.raw = absl::InfiniteFuture()});
        left = result.ok() && *result;
        return result.status();
      }).ok());
    }
    EXPECT_GT(AppendUntilFull(**storage, last + 1, failure), last + 10);
  }
}

TEST(SqliteFaultTest, GoesOnWhenAFullDiskHasSpaceAgain) {
  const TemporaryFolder folder;
  if (mount("tmpfs", folder.path().c_str(), "tmpfs", 0, "size=8m") != 0) {
    GTEST_SKIP() << "NOT TESTED: a full file system needs the right to mount a tmpfs";
  }
  std::ofstream(folder.path() / "filler") << std::string(4 << 20, 'x');
  {
    SqliteStorageOptions options;
    options.checkpoint_wal_bytes = 1 << 20;
    auto storage = OpenSqliteStorage(folder.path() / "collector.db", options);
    ASSERT_TRUE(storage.ok()) << storage.status();
    ASSERT_TRUE(PutTestMachine(**storage).ok());
    absl::Status failure;
    const std::uint64_t last = AppendUntilFull(**storage, 1, failure);
    EXPECT_EQ(failure.code(), absl::StatusCode::kResourceExhausted) << failure;
    EXPECT_GT(last, 100u);
    EXPECT_THAT(Committed(**storage), testing::ElementsAre(SequenceInterval{1, last}));
    std::filesystem::remove(folder.path() / "filler");
    const std::uint64_t further = AppendUntilFull(**storage, last + 1, failure);
    EXPECT_GT(further, last + 100);
    EXPECT_EQ(failure.code(), absl::StatusCode::kResourceExhausted) << failure;
    EXPECT_THAT(Committed(**storage), testing::ElementsAre(SequenceInterval{1, further}));
  }
  umount(folder.path().c_str());
}

TEST(SqliteFaultTest, FailsEveryWriteOfAGroupThatCannotBeCommitted) {
  const TemporaryFolder folder;
  SqliteStorageOptions options;
  options.file_bytes_max = 2 << 20;
  auto storage = OpenSqliteStorage(folder.path() / "collector.db", options);
  ASSERT_TRUE(PutTestMachine(**storage).ok());
  constexpr std::uint64_t kWrites = 2'000;
  std::vector<bool> durable(kWrites + 1);
  std::latch left(kWrites);
  for (std::uint64_t i = 1; i <= kWrites; ++i) {
    (*storage)->Write(
        [i](StorageTransaction& t) { return t.AppendBatch(TestBatch(1, i, i, Noise(i))).status(); },
        [&durable, &left, i](absl::Status status) {
          durable[i] = status.ok();
          left.count_down();
        });
  }
  left.wait();
  std::vector<SequenceInterval> expected;
  for (std::uint64_t i = 1; i <= kWrites; ++i) {
    if (!durable[i]) continue;
    if (!expected.empty() && expected.back().last + 1 == i) {
      expected.back().last = i;
    } else {
      expected.push_back({i, i});
    }
  }
  EXPECT_EQ(Committed(**storage), expected);
  EXPECT_TRUE(std::find(durable.begin() + 1, durable.end(), false) != durable.end()) << "the file was large enough for all";
}

TEST(SqliteFaultTest, AnswersWholeSeriesWhileHoursAreFolded) {
  const TemporaryFolder folder;
  const auto path = folder.path() / "collector.db";
  constexpr int kBatches = 12 * 240;
  {
    auto storage = OpenSqliteStorage(path);
    ASSERT_TRUE(PutTestMachine(**storage).ok());
    SampleWriter writer(kMachine, 1);
    const auto series = writer.AddSeries("m", {});
    ASSERT_TRUE((*storage)->WriteAndWait([&](StorageTransaction& t) {
      return t.AddDescriptors(kMachine, writer.descriptors());
    }).ok());
    std::atomic<std::size_t> durable = 0;
    std::atomic<bool> stop = false;
    std::thread reader([&] {
      while (!stop) {
        const std::size_t at_least = durable;
        EXPECT_TRUE((*storage)->Read([&](StorageReader& r) {
          const auto found = r.QuerySamples({kMachine, "m", {}, At(0), At(1e9)});
          EXPECT_TRUE(found.ok()) << found.status();
          const std::size_t points = found->empty() ? 0 : found->front().points.size();
          EXPECT_GE(points, at_least);
          for (std::size_t i = 0; i < points; ++i) EXPECT_EQ(found->front().points[i].value, static_cast<double>(i));
          return absl::OkStatus();
        }).ok());
      }
    });
    for (int i = 0; i < kBatches; ++i) {
      if (i % 60 == 0) writer.CutSegment();
      (*storage)->Write(
          [batch = writer.Next(At(15 * i), {{series, i}})](StorageTransaction& t) {
            return t.AppendBatch(batch).status();
          },
          [&](absl::Status status) {
            EXPECT_TRUE(status.ok()) << status;
            ++durable;
          },
          1'000);
      while ((*storage)->QueuedBytes() > 100'000) std::this_thread::yield();
    }
    while (durable < static_cast<std::size_t>(kBatches)) std::this_thread::yield();
    stop = true;
    reader.join();
  }
  Connection connection(path, Connection::Mode::kRead);
  EXPECT_GE(connection.Integer("SELECT COUNT(*) FROM block"), 10);
  EXPECT_LE(connection.Integer("SELECT SUM(sequence_last - sequence_first + 1) FROM run"), 2 * 240 + 60);
}

TEST(SqliteFaultTest, DoesNotKeepTheLogForAMachineThatFellSilent) {
  const TemporaryFolder folder;
  const auto path = folder.path() / "collector.db";
  constexpr std::uint64_t kBatches = 25'000;
  {
    auto storage = OpenSqliteStorage(path);
    ASSERT_TRUE(PutTestMachine(**storage).ok());
    const auto silent = [](StorageTransaction& t) {
      BatchRecord batch = TestBatch(1, 1, 1, "silent");
      batch.machine_id = kOtherMachine;
      const absl::Status status = t.PutMachine(TestMachine(kOtherMachine, "beta"));
      return status.ok() ? t.AppendBatch(batch).status() : status;
    };
    ASSERT_TRUE((*storage)->WriteAndWait(silent).ok());
    for (std::uint64_t i = 1; i <= kBatches; ++i) {
      (*storage)->Write(
          [i](StorageTransaction& t) { return t.AppendBatch(TestBatch(1, (i - 1) / 60 * 60 + 1, i)).status(); },
          [](absl::Status status) { EXPECT_TRUE(status.ok()) << status; }, 1'000);
      while ((*storage)->QueuedBytes() > 500'000) std::this_thread::yield();
    }
    ASSERT_TRUE((*storage)->WriteAndWait([&](StorageTransaction& t) {
      BatchRecord again = TestBatch(1, 1, 1, "silent");
      again.machine_id = kOtherMachine;
      EXPECT_EQ(*t.AppendBatch(again), AppendResult::kDuplicate);
      EXPECT_EQ(t.GetMachine(kOtherMachine)->last_seen_time, At(15));
      return absl::OkStatus();
    }).ok());
  }
  Connection connection(path, Connection::Mode::kRead);
  EXPECT_LT(connection.Integer("SELECT COUNT(*) FROM batch"), 17'000);
  EXPECT_EQ(connection.Integer("SELECT COUNT(DISTINCT machine) FROM block"), 2);
}

}  // namespace
}  // namespace steward::collector
