#include "collector/backup/backup_key.h"

#include <sys/stat.h>

#include <fstream>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/machine_key.h"

namespace steward::collector {
namespace {

using testing::HasSubstr;

TEST(BackupKey, IsMadeBesideTheDataDirectoryAndFoundAgain) {
  const TemporaryDirectory parent;
  const auto data = parent.path() / "data";
  std::filesystem::create_directory(data);
  const auto made = FindOrMakeBackupKey("", data, SystemRandom());
  ASSERT_TRUE(made.ok()) << made.status();
  EXPECT_TRUE(made->made);
  EXPECT_FALSE(made->in_data_directory);
  EXPECT_EQ(made->file, parent.path() / "data.backup-key");
  EXPECT_EQ(made->secret.size(), 64u + 7u);
  struct stat info = {};
  ASSERT_EQ(stat(made->file.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600u);

  const auto found = FindOrMakeBackupKey("", data, SystemRandom());
  ASSERT_TRUE(found.ok());
  EXPECT_FALSE(found->made);
  EXPECT_EQ(found->secret, made->secret);
}

TEST(BackupKey, StaysWhereItWasMadeBefore) {
  const TemporaryDirectory parent;
  const auto data = parent.path() / "data";
  std::filesystem::create_directory(data);
  std::ofstream(data / "backup.key") << "an older key of this collector\n";
  const auto found = FindOrMakeBackupKey("", data, SystemRandom());
  ASSERT_TRUE(found.ok()) << found.status();
  EXPECT_EQ(found->secret, "an older key of this collector");
  EXPECT_TRUE(found->in_data_directory);
}

TEST(BackupKey, TheConfiguredOneMustBeThereAndProtectSomething) {
  const TemporaryDirectory parent;
  const auto file = parent.path() / "key";
  EXPECT_TRUE(absl::IsNotFound(FindOrMakeBackupKey(file, parent.path(), SystemRandom()).status()));
  std::ofstream(file) << "short\n";
  const auto status = FindOrMakeBackupKey(file, parent.path(), SystemRandom()).status();
  EXPECT_TRUE(absl::IsInvalidArgument(status));
  EXPECT_THAT(std::string(status.message()), testing::AllOf(HasSubstr(file.string()), HasSubstr("openssl rand")));
  std::ofstream(file) << "correct horse battery\r\n";
  EXPECT_EQ(FindOrMakeBackupKey(file, parent.path(), SystemRandom())->secret, "correct horse battery");
}

}  // namespace
}  // namespace steward::collector
