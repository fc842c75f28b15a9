#include "collector/api/caller.h"

#include <gtest/gtest.h>

#include "steward/v1/management.pb.h"

namespace steward::collector {
namespace {

TEST(CallerTest, RolesHaveTheirWords) {
  for (const char* word : {"owner", "it-manager", "partner", "viewer", "metrics"}) {
    const auto role = ParseRole(word);
    ASSERT_TRUE(role.has_value()) << word;
    EXPECT_EQ(RoleWord(*role), word);
  }
  EXPECT_FALSE(ParseRole("root").has_value());
  EXPECT_FALSE(ParseRole("").has_value());
}

TEST(CallerTest, EveryMethodOfTheApiIsInTheTableOfRights) {
  const auto* file = v1::Machine::descriptor()->file();
  for (int s = 0; s < file->service_count(); ++s) {
    for (int m = 0; m < file->service(s)->method_count(); ++m) {
      const std::string& method = file->service(s)->method(m)->full_name();
      EXPECT_TRUE(MayCall(Role::kOwner, method)) << method;
      // What only the owner may is named here, so that a forgotten row is noticed.
      EXPECT_EQ(MayCall(Role::kItManager, method), method != "steward.v1.TokenService.CreateApiToken") << method;
      EXPECT_FALSE(MayCall(Role::kMetrics, method)) << method;
    }
  }
}

TEST(CallerTest, ReadingIsForViewersAndChangingIsNot) {
  for (const char* method : {"MachineService.ListMachines", "MachineService.GetMachine", "IssueService.ListIssues",
                             "IssueService.GetIssue", "SampleService.QuerySamples", "StatusService.GetStatus"}) {
    EXPECT_TRUE(MayCall(Role::kViewer, std::string("steward.v1.") + method)) << method;
  }
  for (const char* method : {"MachineService.RetireMachine", "TokenService.CreateEnrollmentToken", "TokenService.RevokeToken",
                             "TokenService.CreateApiToken", "ChannelService.TestChannel"}) {
    EXPECT_FALSE(MayCall(Role::kViewer, std::string("steward.v1.") + method)) << method;
  }
  EXPECT_FALSE(MayCall(Role::kPartner, "steward.v1.MachineService.RetireMachine"));
  EXPECT_EQ(RolesThatMayCall("steward.v1.MachineService.RetireMachine"), "owner, it-manager");
}

TEST(CallerTest, AnUnknownMethodIsTheOwnersAlone) {
  EXPECT_TRUE(MayCall(Role::kOwner, "steward.v1.NewService.Do"));
  EXPECT_FALSE(MayCall(Role::kItManager, "steward.v1.NewService.Do"));
}

}  // namespace
}  // namespace steward::collector
