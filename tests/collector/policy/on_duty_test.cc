// Who is told at which hour.
#include "collector/policy/on_duty.h"

#include "collector/policy/policy_reader.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace steward::collector {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr char kPeople[] = R"(
[[person]]
name = "Jaan"
party = "partner"
channel = "jaan"
deputy = "Kati"
holidays = [2026-03-04]
[[person]]
name = "Kati"
party = "partner"
channel = "kati"
working_hours = { sat = "10:00-14:00" }
[[person]]
name = "Night"
party = "partner"
channel = "phone"
working_hours = "22:00-06:00"
working_days = ["mon"]
[party.partner]
lead = "Kati"
fallback = "desk"
)";

std::vector<ChannelConfig> Channels() {
  std::vector<ChannelConfig> channels;
  for (const char* name : {"jaan", "kati", "phone", "desk"}) {
    ChannelConfig channel;
    channel.name = name;
    channels.push_back(std::move(channel));
  }
  return channels;
}

TEST(OnDutyTest, HoursHolidaysDeputiesAndTheFallback) {
  const std::vector<ChannelConfig> channels = Channels();
  const auto policy = ReadPolicy(kPeople, "policy", &channels);
  ASSERT_TRUE(policy.ok()) << policy.status();
  absl::TimeZone zone;
  ASSERT_TRUE(absl::LoadTimeZone("Europe/Tallinn", &zone));
  const auto at = [&](const char* text, const char* party = "partner") {
    absl::Time time;
    std::string problem;
    EXPECT_TRUE(absl::ParseTime("%Y-%m-%d %H:%M", text, zone, &time, &problem)) << problem;
    return WhoIsOnDuty(policy->config.policy, party, zone, time);
  };
  EXPECT_THAT(at("2026-03-02 08:00").channels, ElementsAre("jaan"));
  EXPECT_EQ(at("2026-03-02 08:00").note, "Jaan");
  EXPECT_THAT(at("2026-03-04 09:00").people, ElementsAre("Kati")) << "he is away, she stands in";
  EXPECT_THAT(at("2026-03-07 11:00").people, ElementsAre("Kati"));
  EXPECT_THAT(at("2026-03-02 23:00").people, ElementsAre("Night"));
  EXPECT_THAT(at("2026-03-03 05:59").people, ElementsAre("Night"));
  EXPECT_THAT(at("2026-03-03 06:00").channels, ElementsAre("desk"));
  EXPECT_THAT(at("2026-03-03 06:00").note, HasSubstr("nobody, so this went to \"desk\""));
  EXPECT_THAT(at("2026-03-02 08:00", "it-manager").channels, IsEmpty());
  EXPECT_EQ(at("2026-03-02 08:00", "it-manager").note, "");
}

TEST(OnDutyTest, WhomTheyNameIsThere) {
  const std::vector<ChannelConfig> channels = Channels();
  const auto policy = ReadPolicy("[[person]]\nname = \"A\"\nparty = \"partner\"\nchannel = \"jann\"\ndeputy = \"B\"\n"
                                 "[party.partner]\nlead = \"AA\"\nfallback = \"dsk\"\n", "p", &channels);
  EXPECT_THAT(std::string(policy.status().message()),
              AllOf(HasSubstr("p:4:11: there is no channel \"jann\"; did you mean \"jaan\"?"), HasSubstr("p:5:10: there is no person \"B\""),
                    HasSubstr("did you mean \"A\"?"), HasSubstr("did you mean \"desk\"?")));
}

}  // namespace
}  // namespace steward::collector
