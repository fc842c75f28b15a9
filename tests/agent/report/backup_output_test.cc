// What restic and borg printed, read as they meant it; what they did not say is no success.
#include "agent/report/backup_output.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <iterator>

#include "base/text.h"

namespace steward::agent {
namespace {

using testing::HasSubstr;

std::string Recorded(std::string_view name) {
  std::ifstream file(StrCat(STEWARD_SOURCE_DIR, "/tests/fixtures/backup_output/", name), std::ios::binary);
  EXPECT_TRUE(file) << name;
  return {std::istreambuf_iterator<char>(file), {}};
}

BackupOutcome Read(std::unique_ptr<BackupOutput> output, std::string_view text, std::size_t part = 7) {
  for (; !text.empty(); text.remove_prefix(std::min(part, text.size()))) output->Take(text.substr(0, part));
  return output->Finish();
}
BackupOutcome Restic(std::string_view text) { return Read(NewResticOutput(), text); }
BackupOutcome Borg(std::string_view text) { return Read(NewBorgOutput(), text); }

TEST(ResticOutput, ASummaryEndsABackupThatWasMade) {
  const BackupOutcome outcome = Restic(Recorded("restic_0.14_ok.jsonl"));
  EXPECT_TRUE(outcome.ok) << outcome.why;
  EXPECT_EQ(outcome.bytes, 300006u);
  EXPECT_EQ(outcome.duration, absl::Milliseconds(245));
}

TEST(ResticOutput, AFileThatCouldNotBeReadIsNoFullBackup) {
  const BackupOutcome outcome = Restic(Recorded("restic_0.14_unreadable_file.jsonl"));
  EXPECT_FALSE(outcome.ok);
  EXPECT_THAT(outcome.why, HasSubstr("1 file could not be read: /srv/src/b"));
  EXPECT_EQ(outcome.bytes, 300005u);
}

TEST(ResticOutput, WithoutASummaryThereIsNoBackup) {
  EXPECT_THAT(Restic(Recorded("restic_0.14_no_repository.txt")).why, HasSubstr("no summary"));
  EXPECT_FALSE(Restic("").ok);
  const std::string whole = Recorded("restic_0.14_ok.jsonl");
  EXPECT_FALSE(Restic(std::string_view(whole).substr(0, whole.size() - 3)).ok);  // killed while it wrote
}

TEST(ResticOutput, MessagesOfLaterVersionsAndRunsForTrial) {
  const BackupOutcome fatal = Restic(R"({"message_type":"exit_error","code":10,"message":"Fatal: repository does not exist"})");
  EXPECT_FALSE(fatal.ok);
  EXPECT_EQ(fatal.why, "Fatal: repository does not exist");
  EXPECT_FALSE(Restic(R"({"message_type":"summary","dry_run":true,"total_bytes_processed":5})").ok);
  EXPECT_TRUE(Restic("{\"message_type\":\"error\",\"during\":\"scan\",\"item\":\"/gone\"}\n{\"message_type\":\"summary\"}").ok);
}

TEST(ResticOutput, HostileInputIsNoNumberAndNoSuccess) {
  const BackupOutcome huge = Restic(R"({"message_type":"summary","total_bytes_processed":1e300,"total_duration":-1})");
  EXPECT_TRUE(huge.ok);
  EXPECT_FALSE(huge.bytes || huge.duration);
  EXPECT_FALSE(Restic(R"({"message_type":"summary","total_duration":1e300})").duration);
  EXPECT_FALSE(Restic("[[[[{\"message_type\":\"summary\"}]]]]").ok);
  EXPECT_FALSE(Restic(std::string("\0\xff{\"message_type\":\"summary\"}", 29)).ok);
  const BackupOutcome odd = Restic("{\"message_type\":\"exit_error\",\"message\":\"" + std::string(5000, 'x') + "\"}");
  EXPECT_LE(odd.why.size(), 500u);
}

TEST(ResticOutput, ALongLineIsPassedOverAndTheNextIsRead) {
  const std::string status = "{\"message_type\":\"status\",\"current_files\":[\"" + std::string(kBackupLineBytesMax, 'x') + "\"]}\n";
  std::unique_ptr<BackupOutput> output = NewResticOutput();
  for (int line = 0; line < 20; ++line) output->Take(status);
  output->Take("{\"message_type\":\"summary\",\"total_bytes_processed\":7}");
  const BackupOutcome outcome = output->Finish();
  EXPECT_TRUE(outcome.ok) << outcome.why;
  EXPECT_EQ(outcome.bytes, 7u);
}

TEST(BorgOutput, AnArchiveIsABackupThatWasMade) {
  const BackupOutcome outcome = Borg(Recorded("borg_1.2_ok.json"));
  EXPECT_TRUE(outcome.ok) << outcome.why;
  EXPECT_EQ(outcome.bytes, 300493u);
  EXPECT_EQ(outcome.duration, absl::Milliseconds(5));
}

TEST(BorgOutput, IsFoundBehindTheLog) {
  EXPECT_TRUE(Borg(Recorded("borg_1.2_log_json.json")).ok);
  EXPECT_TRUE(Borg("U src/a\nd src\n" + Recorded("borg_1.2_ok.json") + "a warning\n").ok);
}

TEST(BorgOutput, WithoutAnArchiveThereIsNoBackup) {
  EXPECT_THAT(Borg(Recorded("borg_1.2_archive_exists.txt")).why, HasSubstr("no archive"));
  EXPECT_FALSE(Borg("").ok);
  const std::string whole = Recorded("borg_1.2_ok.json");
  EXPECT_FALSE(Borg(std::string_view(whole).substr(0, whole.size() - 4)).ok);
  EXPECT_FALSE(Borg("{\"archive\": 1}").ok);
  EXPECT_FALSE(Borg("{\"archive\": {\"stats\": {\"original_size\": -5}}}").bytes);
}

TEST(BorgOutput, WhatIsTooLongOrNestedIsNoSuccessAndTakesNoTime) {
  std::string lines;
  while (lines.size() < 2 * kBackupDocumentBytesMax) lines += "{\"a\":[\n{},\n";
  EXPECT_FALSE(Read(NewBorgOutput(), lines + "{\"archive\":{}}", 4096).ok);
}

}  // namespace
}  // namespace steward::agent
