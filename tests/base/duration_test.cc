#include "base/duration.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace steward {
namespace {

using ::testing::HasSubstr;

TEST(Duration, ReadsEveryUnitAndSumsOfThem) {
  EXPECT_EQ(ParseDuration("0s").value(), absl::ZeroDuration());
  EXPECT_EQ(ParseDuration("250ms").value(), absl::Milliseconds(250));
  EXPECT_EQ(ParseDuration("15s").value(), absl::Seconds(15));
  EXPECT_EQ(ParseDuration("1h30m").value(), absl::Minutes(90));
  EXPECT_EQ(ParseDuration("2w1d").value(), absl::Hours(24 * 15));
}

TEST(Duration, RefusesWhatHasNoUnitAndSaysWhatToWrite) {
  for (const char* text : {"0", "15", "1h30", "15 s", "s", "-5s", "", "1.5h", "10sec", "99999999999999999999s", "999999999w"}) {
    const auto result = ParseDuration(text);
    ASSERT_FALSE(result.ok()) << text;
    EXPECT_THAT(std::string(result.status().message()), HasSubstr("\"30s\"")) << text;
  }
}

TEST(Duration, IsWrittenShortAndReadsBack) {
  for (const char* text : {"0s", "15s", "1m30s", "1d", "400d", "2w3h", "1s250ms"}) {
    EXPECT_EQ(ParseDuration(DurationText(ParseDuration(text).value())).value(), ParseDuration(text).value());
  }
  EXPECT_EQ(DurationText(absl::Seconds(90)), "1m30s");
}

}  // namespace
}  // namespace steward
