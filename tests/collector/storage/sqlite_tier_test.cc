// The tiers on disk: pieces become few, a kill between any two steps harms nothing, older schemas are rolled up.
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "collector/storage/sqlite/connection.h"
#include "collector/storage/sqlite/open_file.h"
#include "collector/storage/sqlite/schema.h"
#include "collector/storage/sqlite/sqlite_storage.h"
#include "tests/collector/storage/sample_writer.h"
#include "tests/collector/storage/storage_contract.h"

namespace steward::collector {
namespace {

constexpr std::int64_t kBegin = 1'699'488'000;  // a Thursday, when a week of the hours begins
constexpr int kDays = 3;

absl::Time Minute(int minute) { return absl::FromUnixSeconds(kBegin + 60 * minute); }

class SqliteTierTest : public testing::Test {
 protected:
  std::filesystem::path Path() const { return folder_.path() / "collector.db"; }

  // A batch every two minutes: `count` of a machine. Each hour is a commit, so that the ones before are packed.
  void Fill(Storage& storage, int count) {
    SampleWriter writer(kMachine, 1);
    const auto m = writer.AddSeries("m", {});
    ASSERT_TRUE(storage
                    .WriteAndWait([&](StorageTransaction& t) {
                      absl::Status status = t.PutMachine(TestMachine());
                      return status.ok() ? t.AddDescriptors(kMachine, writer.descriptors()) : status;
                    })
                    .ok());
    for (int i = 0; i < count; ++i) {
      if (i % 10 == 0) writer.CutSegment();
      storage.Write([batch = writer.Next(Minute(2 * i), {{m, i % 97}})](
                        StorageTransaction& t) { return t.AppendBatch(batch).status(); },
                    [](absl::Status status) { EXPECT_TRUE(status.ok()) << status; });
      sum_ += i % 97;
      if (i % 30 == 29) Commit(storage);
    }
    Commit(storage);
  }
  // The same rows as a program of that schema would hold them: without the tables and columns of later steps.
  void BackToSchema(std::size_t number) {
    const std::filesystem::path newer = folder_.path() / "newer.db";
    std::filesystem::rename(Path(), newer);
    const auto opened = OpenFile(Path(), {}, SchemaSteps().first(number));
    ASSERT_TRUE(opened.ok()) << opened.status();
    Connection& connection = **opened;
    connection.Execute(absl::StrCat("PRAGMA foreign_keys = OFF; ATTACH '", newer.string(), "' AS newer").c_str());
    Query tables(connection,
                 "SELECT m.name, group_concat(c.name) FROM main.sqlite_schema m, pragma_table_info(m.name) c "
                 "WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%' AND m.name <> 'meta' GROUP BY 1");
    while (tables.Next()) {
      const std::string table = tables.Text(0), columns = tables.Text(1);
      connection.Execute(absl::StrCat("INSERT OR REPLACE INTO main.", table, " (", columns, ") SELECT ", columns, " FROM newer.", table).c_str());
    }
  }
  static void Commit(Storage& storage) {
    EXPECT_TRUE(storage.WriteAndWait([](StorageTransaction&) { return absl::OkStatus(); }).ok());
  }
  static double Sum(Storage& storage, double step_hours) {
    double sum = 0;
    EXPECT_TRUE(storage
                    .Read([&](StorageReader& r) {
                      const auto found = r.QuerySamples({kMachine,
                                                         "m",
                                                         {},
                                                         Minute(0),
                                                         Minute(kDays * 1440),
                                                         1'000'000,
                                                         SampleFunction::kSum,
                                                         absl::Hours(1) * step_hours});
                      EXPECT_TRUE(found.ok()) << found.status();
                      for (const SamplePoint& point :
                           found->empty() ? std::vector<SamplePoint>() : found->front().points)
                        sum += point.value;
                      return absl::OkStatus();
                    })
                    .ok());
    return sum;
  }
  static bool ExpireOnce(Storage& storage, const ExpireBefore& before) {
    bool left = false;
    const absl::Status status = storage.WriteAndWait([&](StorageTransaction& t) {
      const auto result = t.Expire(before);
      left = result.ok() && *result;
      return result.status();
    });
    EXPECT_TRUE(status.ok()) << status;
    return left;
  }
  std::int64_t Count(const char* sql) {
    Connection connection(Path(), Connection::Mode::kRead);
    return connection.Integer(sql);
  }

  const TemporaryFolder folder_;
  double sum_ = 0;
};

TEST_F(SqliteTierTest, PiecesBecomeOneAPeriod) {
  auto storage = *OpenSqliteStorage(Path());
  Fill(*storage, kDays * 720);
  EXPECT_GT(Count("SELECT COUNT(*) FROM rolled WHERE tier = 2"), 24);
  while (ExpireOnce(*storage, {.raw = Minute(kDays * 1440)})) {
  }
  EXPECT_EQ(Count("SELECT COUNT(*) FROM block"), 0);
  EXPECT_LE(Count("SELECT COUNT(*) FROM rolled WHERE tier = 2"), 24);
  EXPECT_EQ(Count("SELECT COUNT(*) FROM (SELECT 1 FROM rolled WHERE tier = 1 GROUP BY period HAVING COUNT(*) = 1)"),
            kDays);
  EXPECT_EQ(Sum(*storage, 1), sum_);
  EXPECT_EQ(Sum(*storage, 0.25), sum_);
  storage.reset();
  EXPECT_TRUE(CheckSqliteStorage(Path()).ok());
}

TEST_F(SqliteTierTest, HoursAnswerWithoutReadingBlocks) {
  auto storage = *OpenSqliteStorage(Path());
  Fill(*storage, 720);
  EXPECT_EQ(Sum(*storage, 1), sum_);
  {
    Connection connection(Path(), Connection::Mode::kWrite);
    connection.Execute("UPDATE block SET content = x'00'");
  }
  EXPECT_EQ(Sum(*storage, 2), sum_) << "from the hours and the log";
}

TEST_F(SqliteTierTest, AKillBetweenAnyTwoStepsHarmsNothing) {
  Fill(**OpenSqliteStorage(Path()), kDays * 720);
  const ExpireBefore before{.raw = Minute(kDays * 1440)};
  int killed = 0;
  for (int steps = 0; steps < 12; ++steps) {
    int pipes[2];
    ASSERT_EQ(pipe(pipes), 0);
    const pid_t child = fork();
    if (child == 0) {
      auto storage = OpenSqliteStorage(Path());
      if (!storage.ok()) _exit(1);
      bool left = true;
      for (int i = 0; left; ++i) {
        left = ExpireOnce(**storage, before);
        if (write(pipes[1], &i, sizeof i) != sizeof i) _exit(2);
      }
      _exit(0);
    }
    close(pipes[1]);
    int step = 0;
    for (int i = 0; i < steps % 4 && read(pipes[0], &step, sizeof step) > 0; ++i) {
    }
    usleep(static_cast<useconds_t>(1'000 * steps));  // somewhere within a step
    kill(child, SIGKILL);
    close(pipes[0]);
    int status = 0;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    killed += WIFSIGNALED(status) ? 1 : 0;
    auto storage = OpenSqliteStorage(Path());
    ASSERT_TRUE(storage.ok()) << storage.status();
    ASSERT_EQ(Sum(**storage, 1), sum_) << "hours, after " << steps;
    ASSERT_EQ(Sum(**storage, 0.25), sum_) << "samples and five minutes, after " << steps;
  }
  EXPECT_GT(killed, 0);
}

TEST_F(SqliteTierTest, BlocksOfSchema4AreRolledUp) {
  Fill(**OpenSqliteStorage(Path()), kDays * 720);
  BackToSchema(4);
  auto storage = *OpenSqliteStorage(Path());
  EXPECT_EQ(Sum(*storage, 1), sum_) << "blocks answer where the hours know nothing yet";
  EXPECT_GT(Count("SELECT COUNT(*) FROM block_position WHERE rolled_up = 0"), 40);
  ExpireOnce(*storage, {});
  EXPECT_EQ(Sum(*storage, 1), sum_) << "some are rolled up";
  while (ExpireOnce(*storage, {})) {
  }
  EXPECT_EQ(Count("SELECT COUNT(*) FROM block_position WHERE rolled_up = 0"), 0);
  EXPECT_EQ(Sum(*storage, 1), sum_);
  while (ExpireOnce(*storage, {.raw = Minute(kDays * 1440)})) {
  }
  EXPECT_EQ(Sum(*storage, 1), sum_);
  EXPECT_EQ(Sum(*storage, 0.25), sum_);
}

TEST_F(SqliteTierTest, RawSamplesStayUntilTheHoursKnowThem) {
  Fill(**OpenSqliteStorage(Path()), kDays * 720);
  {
    Connection connection(Path(), Connection::Mode::kWrite);
    connection.Execute("DELETE FROM rolled; UPDATE block_position SET rolled_up = 0");
  }
  auto storage = *OpenSqliteStorage(Path());
  const std::int64_t blocks = Count("SELECT COUNT(*) FROM block");
  ExpireOnce(*storage, {.raw = Minute(kDays * 1440)});
  EXPECT_GE(Count("SELECT COUNT(*) FROM block"), blocks - 16) << "only what was rolled up in this step may go";
  EXPECT_EQ(Sum(*storage, 1), sum_);
}

}  // namespace
}  // namespace steward::collector
