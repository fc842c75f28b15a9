// The last run of every job, as it is kept.
#include "agent/report/backup_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "base/text.h"

namespace steward::agent {
namespace {

using testing::HasSubstr;

BackupJob RunAt(bool ok, std::int64_t time) {
  BackupJob run;
  run.ok = ok;
  run.run_time = absl::FromUnixSeconds(time);
  return run;
}

TEST(BackupFile, AFailureKeepsTheTimeOfTheLastSuccess) {
  BackupJobs jobs;
  BackupJob good = RunAt(true, 1000);
  good.bytes = 1u << 20;
  ASSERT_TRUE(NoteBackupRun("home", good, jobs).ok());
  ASSERT_TRUE(NoteBackupRun("home", RunAt(false, 2000), jobs).ok());
  EXPECT_FALSE(jobs["home"].ok);
  EXPECT_EQ(jobs["home"].run_time, absl::FromUnixSeconds(2000));
  EXPECT_EQ(jobs["home"].success_time, absl::FromUnixSeconds(1000));
  EXPECT_FALSE(jobs["home"].bytes);
  ASSERT_TRUE(NoteBackupRun("never", RunAt(false, 1), jobs).ok());
  EXPECT_EQ(jobs["never"].success_time, absl::InfinitePast());
}

TEST(BackupFile, FailedRunsAreCountedAndPlansStandUntilToldAnew) {
  BackupJobs jobs;
  BackupJob first = RunAt(false, 1000);
  first.every = absl::Hours(168);
  first.off_site = true;
  ASSERT_TRUE(NoteBackupRun("home", first, jobs).ok());
  ASSERT_TRUE(NoteBackupRun("home", RunAt(false, 2000), jobs).ok());
  EXPECT_EQ(jobs["home"].failed_runs, 2u);
  EXPECT_EQ(jobs["home"].every, absl::Hours(168));
  EXPECT_EQ(jobs["home"].off_site, true);
  const auto read = ParseBackupJobs(FormatBackupJobs(jobs));
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->at("home").failed_runs, 2u);
  EXPECT_EQ(read->at("home").every, absl::Hours(168));
  EXPECT_EQ(read->at("home").off_site, true);
  BackupJob good = RunAt(true, 3000);
  good.every = absl::Hours(24);
  ASSERT_TRUE(NoteBackupRun("home", good, jobs).ok());
  EXPECT_EQ(jobs["home"].failed_runs, 0u);
  EXPECT_EQ(jobs["home"].every, absl::Hours(24));
  EXPECT_EQ(ParseBackupJobs(R"({"jobs":{"old":{"ok":false,"runTime":5}}})")->at("old").failed_runs, 1u) << "of a version that did not count";
}

TEST(BackupFile, IsReadAsItWasWritten) {
  BackupJobs jobs;
  BackupJob run = RunAt(true, 1700000000);
  run.bytes = std::numeric_limits<std::uint64_t>::max();
  run.duration = absl::Milliseconds(1500);
  ASSERT_TRUE(NoteBackupRun("a.b-c_9", run, jobs).ok());
  ASSERT_TRUE(NoteBackupRun("never", RunAt(false, 5), jobs).ok());
  const auto read = ParseBackupJobs(FormatBackupJobs(jobs));
  ASSERT_TRUE(read.ok()) << read.status();
  ASSERT_EQ(read->size(), 2u);
  const BackupJob& job = read->at("a.b-c_9");
  EXPECT_TRUE(job.ok);
  EXPECT_EQ(job.run_time, run.run_time);
  EXPECT_EQ(job.success_time, run.run_time);
  EXPECT_EQ(job.bytes, run.bytes);
  EXPECT_EQ(job.duration, run.duration);
  EXPECT_EQ(read->at("never").success_time, absl::InfinitePast());
  EXPECT_TRUE(ParseBackupJobs("")->empty());
}

TEST(BackupFile, NamesAndTheirNumberAreBounded) {
  BackupJobs jobs;
  for (const char* name : {"", ".a", "-a", "a b", "a/b", "a\n", "\xc3\xb6"}) {
    const absl::Status status = NoteBackupRun(name, RunAt(true, 1), jobs);
    EXPECT_TRUE(absl::IsInvalidArgument(status)) << name;
    EXPECT_THAT(std::string(status.message()), HasSubstr("1 to 63 letters"));
  }
  EXPECT_FALSE(CheckBackupJobName(std::string(64, 'a')).ok());
  EXPECT_TRUE(CheckBackupJobName(std::string(63, 'a')).ok());
  for (std::size_t i = 0; i < kBackupJobsMax; ++i) ASSERT_TRUE(NoteBackupRun(StrCat("job", i), RunAt(true, 1), jobs).ok());
  const absl::Status status = NoteBackupRun("onemore", RunAt(true, 1), jobs);
  EXPECT_TRUE(absl::IsResourceExhausted(status));
  EXPECT_THAT(std::string(status.message()), HasSubstr("--forget"));
  EXPECT_TRUE(NoteBackupRun("job7", RunAt(false, 2), jobs).ok());
  EXPECT_TRUE(ParseBackupJobs(FormatBackupJobs(jobs)).ok());
}

TEST(BackupFile, WhatIsNotOursIsRefused) {
  for (const std::string text : {"x", "[]", "{}", "{\"jobs\":[]}", "{\"jobs\":{\"a\":1}}", "{\"jobs\":{\"a\":{\"ok\":1,\"runTime\":1}}}",
                                 "{\"jobs\":{\"a\":{\"ok\":true}}}", "{\"jobs\":{\"a\":{\"ok\":true,\"runTime\":-1}}}",
                                 "{\"jobs\":{\"a\":{\"ok\":true,\"runTime\":1e300}}}", "{\"jobs\":{\"a b\":{\"ok\":true,\"runTime\":1}}}"}) {
    EXPECT_TRUE(absl::IsInvalidArgument(ParseBackupJobs(text).status())) << text;
  }
  EXPECT_FALSE(ParseBackupJobs(std::string(100000, ' ')).ok());
}

}  // namespace
}  // namespace steward::agent
