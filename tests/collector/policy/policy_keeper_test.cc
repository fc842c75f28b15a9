// Versions of the policy: applied, in force on their date, still there after a restart.
#include "collector/policy/policy_keeper.h"

#include "base/manual_clock.h"
#include "boost/asio/io_context.hpp"
#include "collector/issues/proto_time.h"
#include "collector/storage/memory/memory_storage.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace steward::collector {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const absl::Time kStart = absl::FromUnixSeconds(1'772'438'400);
const Actor kMari = {"Mari (local user 0)", "Mari", Role::kItManager};

std::string SiteText(const std::string& name) { return "[[site]]\nname = \"" + name + "\"\n"; }

class PolicyKeeperTest : public testing::Test {
 protected:
  PolicyKeeperTest() { Start(); }
  void Start() {
    keeper_.reset();
    keeper_ = std::make_unique<PolicyKeeper>(PolicyKeeper::Parts{
        *storage_, clock_, core_.get_executor(), {}, SiteText("first"),
        [this](const Policy& policy) { taken_.push_back(policy.config.policy.sites.at(0).name); }});
    ASSERT_TRUE(keeper_->Load().ok());
  }
  void Run() {
    core_.restart();
    core_.poll();
  }
  absl::StatusOr<v1::ApplyPolicyResponse> Apply(const std::string& text, std::optional<absl::Duration> from = {}) {
    v1::ApplyPolicyRequest request;
    request.set_text(text);
    request.set_reason("because");
    if (from) SetTime(clock_.WallNow() + *from, *request.mutable_effective_time());
    absl::StatusOr<v1::ApplyPolicyResponse> answer = absl::UnknownError("no answer");
    keeper_->ApplyPolicy(request, kMari, [&](absl::StatusOr<v1::ApplyPolicyResponse> response) { answer = std::move(response); });
    for (int i = 0; i < 4; ++i) Run();  // to the core, to the storage and back
    return answer;
  }
  void Advance(absl::Duration by) {
    clock_.Advance(by);
    Run();
  }

  ManualClock clock_{kStart};
  boost::asio::io_context core_;
  std::unique_ptr<Storage> storage_ = NewMemoryStorage(MemoryWriter::kInline);
  std::vector<std::string> taken_;
  std::unique_ptr<PolicyKeeper> keeper_;
};

TEST_F(PolicyKeeperTest, AVersionIsInForceAtOnceAndAfterARestart) {
  EXPECT_THAT(taken_, IsEmpty());
  const auto applied = Apply(SiteText("second"));
  ASSERT_TRUE(applied.ok()) << applied.status();
  EXPECT_EQ(applied->version().number(), 1u);
  EXPECT_TRUE(applied->version().in_force());
  EXPECT_EQ(applied->version().author(), "Mari (local user 0)");
  EXPECT_EQ(applied->version().difference(), "@ line 1\n [[site]]\n-name = \"first\"\n+name = \"second\"\n");
  EXPECT_THAT(taken_, ElementsAre("second"));
  Start();
  EXPECT_THAT(taken_, ElementsAre("second", "second"));
  EXPECT_EQ(keeper_->in_force(), 1u);
}

TEST_F(PolicyKeeperTest, ItsDateBringsItIntoForce) {
  ASSERT_TRUE(Apply(SiteText("later"), absl::Hours(24)).ok());
  EXPECT_THAT(taken_, IsEmpty());
  Advance(absl::Hours(23));
  EXPECT_THAT(taken_, IsEmpty());
  Start();  // the date is not forgotten
  Advance(absl::Hours(1));
  EXPECT_THAT(taken_, ElementsAre("later"));
}

TEST_F(PolicyKeeperTest, AVersionTakesThePlaceOfThoseToCome) {
  ASSERT_TRUE(Apply(SiteText("later"), absl::Hours(24)).ok());
  const auto applied = Apply(SiteText("now"));
  ASSERT_TRUE(applied.ok());
  EXPECT_THAT(applied->warnings(), ElementsAre(HasSubstr("version 1, planned for")));
  Advance(absl::Hours(48));
  EXPECT_THAT(taken_, ElementsAre("now"));
}

TEST_F(PolicyKeeperTest, RefusesWhatIsWrongAndSaysWhy) {
  EXPECT_THAT(std::string(Apply("[[site]]\nnam = \"x\"\n").status().message()), HasSubstr("did you mean \"name\"?"));
  EXPECT_THAT(std::string(Apply(SiteText("first")).status().message()), HasSubstr("version 0 says already"));
  EXPECT_THAT(std::string(Apply(SiteText("x"), -absl::Hours(1)).status().message()), HasSubstr("in the past"));
  EXPECT_THAT(std::string(Apply("[listen]\nhttp = \"127.0.0.1:1\"\n").status().message()), HasSubstr("needs a restart"));
  v1::ListPolicyVersionsResponse versions;
  keeper_->ListVersions([&](absl::StatusOr<v1::ListPolicyVersionsResponse> response) { versions = *response; });
  Run();
  EXPECT_EQ(versions.versions_size(), 1);
  EXPECT_THAT(taken_, IsEmpty());
}

TEST_F(PolicyKeeperTest, EveryVersionIsInTheTrail) {
  ASSERT_TRUE(Apply(SiteText("second")).ok());
  const absl::Status read = storage_->Read([](StorageReader& reader) {
    const auto trail = reader.ListAudit(0, 10);
    EXPECT_EQ(trail->at(0).object, "policy 1");
    EXPECT_EQ(trail->at(0).reason, "because");
    return absl::OkStatus();
  });
  EXPECT_TRUE(read.ok());
}

}  // namespace
}  // namespace steward::collector
