// The file itself: what opens, what is refused and with which words.
#include <SQLiteCpp/Database.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "absl/strings/str_cat.h"
#include "collector/storage/sqlite/open_file.h"
#include "collector/storage/sqlite/sqlite_storage.h"
#include "tests/collector/storage/storage_contract.h"

namespace steward::collector {
namespace {

using testing::AllOf;
using testing::HasSubstr;

class SqliteFileTest : public testing::Test {
 protected:
  std::filesystem::path Path() const { return folder_.path() / "collector.db"; }
  std::unique_ptr<Storage> Open() {
    auto storage = OpenSqliteStorage(Path());
    EXPECT_TRUE(storage.ok()) << storage.status();
    return storage.ok() ? *std::move(storage) : nullptr;
  }
  void FillAndClose(int batches) {
    auto storage = Open();
    ASSERT_TRUE(storage->WriteAndWait([&](StorageTransaction& t) {
      absl::Status status = t.PutMachine(TestMachine());
      for (int i = 1; status.ok() && i <= batches; ++i) {
        status = t.AppendBatch(TestBatch(1, 1, static_cast<std::uint64_t>(i), std::string(500, 'x'))).status();
      }
      return status;
    }).ok());
  }
  void ExpectRefused(absl::StatusCode code, const std::string& words) {
    const auto storage = OpenSqliteStorage(Path());
    EXPECT_EQ(storage.status().code(), code) << storage.status();
    EXPECT_THAT(std::string(storage.status().message()), AllOf(HasSubstr(Path().string()), HasSubstr(words)));
  }
  void Execute(const std::string& sql) {
    SQLite::Database(Path().string(), SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE).exec(sql);
  }

  TemporaryFolder folder_;
};

TEST_F(SqliteFileTest, KeepsEverythingOverARestart) {
  FillAndClose(300);
  EXPECT_FALSE(std::filesystem::exists(Path().string() + "-wal")) << "closing moves the journal into the file";
  auto storage = Open();
  ASSERT_TRUE(storage->Read([](StorageReader& r) {
    EXPECT_EQ(r.GetMachine(kMachine)->last_seen_time, At(15 * 300));
    EXPECT_THAT(*r.CommittedIntervals(kMachine, 1), testing::ElementsAre(SequenceInterval{1, 300}));
    EXPECT_GT(*r.StorageBytes(), 150'000u);
    return absl::OkStatus();
  }).ok());
  ASSERT_TRUE(storage->WriteAndWait([](StorageTransaction& t) {
    EXPECT_EQ(*t.AppendBatch(TestBatch(1, 1, 300, std::string(500, 'x'))), AppendResult::kDuplicate);
    EXPECT_EQ(*t.AppendBatch(TestBatch(1, 1, 17)), AppendResult::kConflict);
    EXPECT_EQ(*t.AppendBatch(TestBatch(1, 1, 301)), AppendResult::kCommitted);
    return absl::OkStatus();
  }).ok());
  storage.reset();
  EXPECT_TRUE(CheckSqliteStorage(Path()).ok());
}

TEST_F(SqliteFileTest, SetsWhatCanOnlyBeSetAtTheStart) {
  FillAndClose(1);
  SQLite::Database database(Path().string());
  EXPECT_EQ(database.execAndGet("PRAGMA page_size").getInt(), 4096);
  EXPECT_EQ(database.execAndGet("PRAGMA auto_vacuum").getInt(), 2);
  EXPECT_EQ(database.execAndGet("PRAGMA journal_mode").getString(), "wal");
}

TEST_F(SqliteFileTest, OpensTheOldestSchema) {
  {
    const auto connection = OpenFile(Path(), {}, SchemaSteps().first(1));
    ASSERT_TRUE(connection.ok()) << connection.status();
    (*connection)->Execute("INSERT INTO setting (name, value) VALUES ('kept', x'31')");
  }
  auto storage = Open();
  ASSERT_TRUE(storage->Read([](StorageReader& r) {
    EXPECT_EQ(*r.GetSetting("kept"), "1");
    return absl::OkStatus();
  }).ok());
}

TEST_F(SqliteFileTest, RunsTheStepsThatAreMissingAndNoOthers) {
  FillAndClose(1);
  std::vector<SchemaStep> steps(SchemaSteps().begin(), SchemaSteps().end());
  const std::int64_t next = steps.back().number + 1;
  steps.push_back({next, 1, "CREATE TABLE extra (id INTEGER PRIMARY KEY) STRICT;"});
  for (int i = 0; i < 2; ++i) {
    const auto connection = OpenFile(Path(), {}, steps);
    ASSERT_TRUE(connection.ok()) << connection.status();
    EXPECT_EQ((*connection)->Integer("SELECT COUNT(*) FROM extra"), 0);
    EXPECT_EQ((*connection)->Integer("SELECT value FROM meta WHERE name = 'schema'"), next);
  }
  Open();  // this program knows less, and the step says that it may
}

TEST_F(SqliteFileTest, LeavesTheSchemaAsItWasIfAStepFails) {
  FillAndClose(1);
  std::vector<SchemaStep> steps(SchemaSteps().begin(), SchemaSteps().end());
  steps.push_back({steps.back().number + 1, 1, "CREATE TABLE extra (id INTEGER PRIMARY KEY); SELECT nothing FROM nowhere;"});
  EXPECT_FALSE(OpenFile(Path(), {}, steps).ok());
  SQLite::Database database(Path().string());
  EXPECT_FALSE(database.tableExists("extra"));
  EXPECT_EQ(database.execAndGet("SELECT value FROM meta WHERE name = 'schema'").getInt64(), SchemaSteps().back().number);
}

TEST_F(SqliteFileTest, RefusesANewerSchema) {
  FillAndClose(1);
  Execute("UPDATE meta SET value = 99");
  ExpectRefused(absl::StatusCode::kFailedPrecondition, "was written by a newer Steward (schema 99, this one knows up to");
}

TEST_F(SqliteFileTest, RefusesForeignFiles) {
  std::ofstream(Path()) << "this is somebody's shopping list, and long enough for a header of SQLite's";
  ExpectRefused(absl::StatusCode::kFailedPrecondition, "is not a Steward database");
  std::ofstream(Path(), std::ios::trunc) << "short";
  ExpectRefused(absl::StatusCode::kFailedPrecondition, "is not a Steward database");
  std::filesystem::remove(Path());
  Execute("CREATE TABLE theirs (id INTEGER)");
  ExpectRefused(absl::StatusCode::kFailedPrecondition, "another program's database");
  std::filesystem::remove(Path());
  std::filesystem::create_directory(Path());
  ExpectRefused(absl::StatusCode::kFailedPrecondition, "is not a file");
}

TEST_F(SqliteFileTest, SaysThatTheFolderIsMissing) {
  const auto storage = OpenSqliteStorage(folder_.path() / "no" / "collector.db");
  EXPECT_EQ(storage.status().code(), absl::StatusCode::kPermissionDenied);
  EXPECT_THAT(std::string(storage.status().message()), HasSubstr("its folder must exist"));
}

TEST_F(SqliteFileTest, TakesAnEmptyFileForANewOne) {
  std::ofstream file(Path());
  EXPECT_NE(Open(), nullptr);
}

TEST_F(SqliteFileTest, LooksLongerAfterAnUncleanStop) {
  FillAndClose(900);
  {
    std::fstream file(Path(), std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(9 * 4096);
    file << std::string(4096, 'x');
  }
  SqliteStorageOptions options;
  options.quick_check_bytes_max = 0;  // as if it were a large one
  EXPECT_TRUE(OpenSqliteStorage(Path(), options).ok()) << "it ended by itself";
  {
    SQLite::Database writer(Path().string(), SQLite::OPEN_READWRITE);
    writer.exec("UPDATE setting SET value = value; INSERT INTO setting (name, value) VALUES ('x', x'31')");
    std::filesystem::copy_file(Path().string() + "-wal", Path().string() + "-kept");
  }
  std::filesystem::rename(Path().string() + "-kept", Path().string() + "-wal");
  EXPECT_EQ(OpenSqliteStorage(Path(), options).status().code(), absl::StatusCode::kDataLoss) << "it did not";
  options.quick_check_time_max = absl::ZeroDuration();
  std::ofstream(Path().string() + "-wal") << "the journal of a killed collector";
  EXPECT_TRUE(OpenSqliteStorage(Path(), options).ok()) << "nothing found in no time";
}

TEST_F(SqliteFileTest, NoticesALostEnd) {
  FillAndClose(300);
  std::filesystem::resize_file(Path(), std::filesystem::file_size(Path()) - 3 * 4096);
  ExpectRefused(absl::StatusCode::kDataLoss, "is damaged");
}

TEST_F(SqliteFileTest, NoticesAnOverwrittenPage) {
  FillAndClose(300);
  std::fstream file(Path(), std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(static_cast<std::streamoff>(std::filesystem::file_size(Path())) - 2 * 4096);
  file << std::string(4096, '\x7f');
  file.close();
  ExpectRefused(absl::StatusCode::kDataLoss, "is damaged");
  EXPECT_EQ(CheckSqliteStorage(Path()).code(), absl::StatusCode::kDataLoss);
}

TEST_F(SqliteFileTest, KeepsTheHistoryOfIssuesFromBeingChanged) {
  {
    auto storage = Open();
    ASSERT_TRUE(storage->WriteAndWait([](StorageTransaction& t) {
      IssueRecord issue;
      issue.issue.set_id("i1");
      const absl::Status status = t.PutIssue(issue);
      return status.ok() ? t.AddIssueEvent({"i1", At(1), "rules", "open", "", "open", ""}) : status;
    }).ok());
  }
  EXPECT_ANY_THROW(Execute("UPDATE issue_event SET actor = 'nobody'"));
  EXPECT_ANY_THROW(Execute("DELETE FROM issue_event"));
}

}  // namespace
}  // namespace steward::collector
