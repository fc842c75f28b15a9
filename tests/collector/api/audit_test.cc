// Whatever the management API changes leaves an entry in the audit trail that names who did it and for whom.
#include <set>

#include "boost/json/parse.hpp"
#include "collector/api/http_router.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/api_rig.h"

namespace steward::collector {
namespace {

namespace http = boost::beast::http;
using testing::AllOf;
using testing::Field;

constexpr char kId[] = "11111111-1111-4111-8111-111111111111";
constexpr char kOtherId[] = "22222222-2222-4222-8222-222222222222";

class AuditTest : public testing::Test {
 protected:
  // As root, on behalf of Mari.
  std::string Call(const std::string& method, const std::string& body) {
    HttpRequest request(http::verb::post, "/steward.v1." + method, 11);
    request.set(http::field::host, "127.0.0.1:7480");
    request.set(http::field::content_type, "application/json");
    request.set("Steward-As", "Mari");
    request.body() = body;
    std::string answer;
    router_.Handle(request, {.local_socket = true, .user = 0}, [&](HttpReply reply) {
      EXPECT_EQ(reply.status, 200U) << method << ": " << reply.body;
      answer = reply.body;
    });
    rig_.core.restart();
    rig_.core.poll();
    return answer;
  }
  // Since the last time.
  std::vector<AuditRecord> Trail() {
    std::vector<AuditRecord> entries;
    const absl::Status read = rig_.storage->Read([&](StorageReader& reader) {
      auto listed = reader.ListAudit(seen_, 1000);
      if (listed.ok()) entries = *std::move(listed);
      return listed.status();
    });
    EXPECT_TRUE(read.ok()) << read;
    for (const AuditRecord& entry : entries) {
      verifier_.Check(entry);
      seen_ = entry.number;
    }
    EXPECT_THAT(verifier_.faults(), testing::IsEmpty());
    return entries;
  }
  static auto Entry(const std::string& action, const std::string& object, const std::string& reason = "") {
    return AllOf(Field(&AuditRecord::actor, "Mari (local user 0)"), Field(&AuditRecord::action, action),
                 Field(&AuditRecord::object, object), Field(&AuditRecord::reason, reason));
  }

  ApiRig rig_;
  HttpRouter router_{rig_.Parts()};
  AuditVerifier verifier_;
  std::uint64_t seen_ = 0;
};

TEST_F(AuditTest, Machines) {
  rig_.AddMachine(ObservedMachine::Record("old", kOtherId));
  MachineRecord machine = ObservedMachine::Record("pc", kId);
  machine.enrolled_time = rig_.clock.WallNow();
  rig_.AddMachine(machine);
  Call("MachineService/ApproveMachine", R"({"machine": "pc", "as": "old"})");
  EXPECT_THAT(Trail(), testing::ElementsAre(Entry("machine-approved", std::string("machine ") + kId)));
  Call("MachineService/RetireMachine", R"({"machine": "pc", "reason": "sold"})");
  EXPECT_THAT(Trail(), testing::ElementsAre(Entry("machine-retired", std::string("machine ") + kId, "sold")));
  Call("MachineService/DeleteMachine", std::string(R"({"machine": ")") + kId + R"(", "reason": "asked for"})");
  EXPECT_THAT(Trail(), testing::ElementsAre(Entry("machine-deleted", std::string("machine ") + kId, "asked for")));
}

TEST_F(AuditTest, Tokens) {
  Call("TokenService/CreateEnrollmentToken", R"({"site": "main", "class": "server", "uses": 3, "addresses": ["10.0.0.5:7443"]})");
  auto entries = Trail();
  ASSERT_EQ(entries.size(), 1U);
  EXPECT_EQ(entries[0].action, "token-created");
  EXPECT_THAT(entries[0].to, testing::StartsWith("enrolment of 3 at site main as server, until "));
  const std::string made = Call("TokenService/CreateApiToken", R"({"role": "viewer"})");
  entries = Trail();
  ASSERT_EQ(entries.size(), 1U);
  EXPECT_THAT(entries[0].to, testing::StartsWith("API, role viewer, until "));
  const auto record = boost::json::parse(made).at("record");
  const std::string id(record.at("id").as_string().c_str());
  for (int i = 0; i < 2; ++i) Call("TokenService/RevokeToken", R"({"id": ")" + id + R"("})");
  EXPECT_THAT(Trail(), testing::ElementsAre(Entry("token-revoked", "token " + id))) << "what changes nothing leaves nothing";
}

// A method that is new, and not named like one that only reads, has to be told of here: with the test of its entry.
TEST(AuditedMethods, AreAll) {
  const std::set<std::string> audited = {
      "MachineService.RetireMachine", "MachineService.ApproveMachine", "MachineService.DeleteMachine",       // above
      "TokenService.CreateEnrollmentToken", "TokenService.CreateApiToken", "TokenService.RevokeToken",
      "DeliveryService.RetryDelivery",                                                                       // delivery_service_test
      "IssueService.ActOnIssue", "IssueService.CreateIssue", "IssueService.DrillIssue", "IssueService.ReleaseFindings",  // issue_engine_test
  };
  for (const std::string& method : ApiRig().rpc.Methods()) {
    const std::string name = method.substr(std::string("steward.v1.").size());
    const std::string verb = name.substr(name.find('.') + 1);
    const bool reads = verb.starts_with("List") || verb.starts_with("Get") || verb.starts_with("Query") || verb == "TestChannel";
    EXPECT_TRUE(reads || audited.contains(name)) << name;
  }
}

}  // namespace
}  // namespace steward::collector
