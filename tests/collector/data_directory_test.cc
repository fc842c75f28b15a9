#include "collector/data_directory.h"

#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/machine_key.h"

namespace steward::collector {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

std::string MessageOf(const std::filesystem::path& path, absl::StatusCode code) {
  const absl::Status status = DataDirectory::Open(path).status();
  EXPECT_EQ(status.code(), code);
  return std::string(status.message());
}

TEST(DataDirectory, IsMadeForItsOwnerAlone) {
  const TemporaryDirectory parent;
  const auto data = DataDirectory::Open(parent.path() / "a" / "b");
  ASSERT_TRUE(data.ok()) << data.status();
  struct stat info = {};
  ASSERT_EQ(stat(data->path().c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0700u);
}

TEST(DataDirectory, BelongsToOneCollectorAndTellsTheSecondWhose) {
  const TemporaryDirectory parent;
  {
    const auto first = DataDirectory::Open(parent.path());
    ASSERT_TRUE(first.ok());
    EXPECT_THAT(MessageOf(parent.path(), absl::StatusCode::kAlreadyExists),
                AllOf(HasSubstr(parent.path().string()), HasSubstr("(process " + std::to_string(getpid()) + ")")));
  }
  EXPECT_TRUE(DataDirectory::Open(parent.path()).ok()) << "free again";
}

TEST(DataDirectory, RefusesAFolderOfSomebodyElse) {
  const TemporaryDirectory parent;
  std::ofstream(parent.path() / "thesis.odt") << "x";
  EXPECT_THAT(MessageOf(parent.path(), absl::StatusCode::kFailedPrecondition),
              AllOf(HasSubstr("thesis.odt"), HasSubstr("name an empty folder")));
}

TEST(DataDirectory, OpensItsOwnAgain) {
  const TemporaryDirectory parent;
  for (const char* name : {"collector.db", "collector.db-wal", "ca.key", "server.crt", "endpoints.json", "somebody's notes"}) {
    std::ofstream(parent.path() / name) << "x";
  }
  EXPECT_TRUE(DataDirectory::Open(parent.path()).ok());
}

TEST(DataDirectory, RefusesAFileAndAPlaceThatCannotBeMade) {
  const TemporaryDirectory parent;
  std::ofstream(parent.path() / "file") << "x";
  EXPECT_THAT(MessageOf(parent.path() / "file", absl::StatusCode::kFailedPrecondition), HasSubstr("is a file"));
  EXPECT_THAT(MessageOf("/proc/steward", absl::StatusCode::kUnavailable), HasSubstr("/proc/steward"));
}

TEST(DataDirectory, TellsWhereTheCollectorListens) {
  const TemporaryDirectory parent;
  const auto data = DataDirectory::Open(parent.path());
  ASSERT_TRUE(data->WriteEndpoints("127.0.0.1:7443", "http://127.0.0.1:7480").ok());
  std::stringstream content;
  content << std::ifstream(parent.path() / "endpoints.json").rdbuf();
  EXPECT_EQ(content.str(), "{\"agents\":\"127.0.0.1:7443\",\"http\":\"http://127.0.0.1:7480\"}\n");
}

}  // namespace
}  // namespace steward::collector
