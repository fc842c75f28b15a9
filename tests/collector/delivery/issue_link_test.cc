// Protects: a link opens one issue's page until its day, and a changed one opens nothing.
#include "collector/delivery/issue_link.h"

#include <memory>
#include <string>

#include "collector/delivery/issue_words.h"
#include "collector/delivery/message_text.h"
#include "collector/storage/memory/memory_storage.h"
#include "gtest/gtest.h"

namespace steward::collector {
namespace {

const absl::Time kTold = absl::FromUnixSeconds(1'772'438'400);  // 2026-03-02 08:00 UTC
constexpr std::string_view kKey = "a key of thirty-two bytes, about";

std::string QueryOf(std::string_view path) { return std::string(path.substr(path.find('?') + 1)); }

TEST(IssueLinkTest, OpensItsIssueUntilItsDay) {
  const std::string path = SignedIssuePath(kKey, "1a2b", kTold);
  EXPECT_TRUE(path.starts_with("/issues/1a2b?until=")) << path;
  EXPECT_TRUE(OpensIssue(kKey, "1a2b", QueryOf(path), kTold));
  EXPECT_TRUE(OpensIssue(kKey, "1a2b", QueryOf(path), kTold + kIssueLinkValid));
  EXPECT_FALSE(OpensIssue(kKey, "1a2b", QueryOf(path), kTold + kIssueLinkValid + absl::Hours(24)));
}

TEST(IssueLinkTest, IsTheSameForADaysMessages) {
  EXPECT_EQ(SignedIssuePath(kKey, "1a2b", kTold), SignedIssuePath(kKey, "1a2b", kTold + absl::Hours(10)));
  EXPECT_NE(SignedIssuePath(kKey, "1a2b", kTold), SignedIssuePath(kKey, "1a2b", kTold + absl::Hours(20)));
}

TEST(IssueLinkTest, AChangedOneOpensNothing) {
  const std::string query = QueryOf(SignedIssuePath(kKey, "1a2b", kTold));
  EXPECT_FALSE(OpensIssue(kKey, "1a2c", query, kTold));
  EXPECT_FALSE(OpensIssue("another key", "1a2b", query, kTold));
  std::string later = query;
  later[later.find("until=") + 6] = '2';
  EXPECT_FALSE(OpensIssue(kKey, "1a2b", later, kTold));
  for (const char* wrong : {"", "until=", "sign=", "until=x&sign=y", "until=99999999999", "until=99999999999&sign=", "&&==&"}) {
    EXPECT_FALSE(OpensIssue(kKey, "1a2b", wrong, kTold)) << wrong;
  }
  EXPECT_FALSE(OpensIssue("", "1a2b", QueryOf(SignedIssuePath("", "1a2b", kTold)), kTold)) << "without a key nothing opens";
}

TEST(IssueLinkTest, MessagesHaveIt) {
  TextSettings settings;
  settings.public_url = "https://steward.example";
  settings.link_key = std::string(kKey);
  EXPECT_EQ(IssueLink(settings, "1a2b", kTold), "https://steward.example" + SignedIssuePath(kKey, "1a2b", kTold));
}

TEST(IssueLinkTest, TheKeyIsMadeOnceAndKept) {
  const std::unique_ptr<Storage> storage = NewMemoryStorage();
  int made = 0;
  const RandomSource random = [&](std::size_t bytes) { return std::string(bytes, static_cast<char>('a' + made++)); };
  const auto first = FindOrMakeIssueLinkKey(*storage, random);
  ASSERT_TRUE(first.ok()) << first.status();
  EXPECT_EQ(first->size(), 32u);
  EXPECT_EQ(*FindOrMakeIssueLinkKey(*storage, random), *first);
  EXPECT_EQ(made, 1);
}

}  // namespace
}  // namespace steward::collector
