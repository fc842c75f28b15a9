#include "collector/api/http_router.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "boost/json/parse.hpp"
#include "tests/support/api_rig.h"

namespace steward::collector {
namespace {

namespace http = boost::beast::http;
using testing::HasSubstr;
using testing::Not;

constexpr char kId[] = "11111111-1111-4111-8111-111111111111";
constexpr char kOtherId[] = "22222222-2222-4222-8222-222222222222";

const HttpPeer kLoopback = {.loopback = true};
const HttpPeer kRemote = {.tls = true};
const HttpPeer kRoot = {.local_socket = true, .user = 0};

HttpRequest Request(http::verb verb, const std::string& target, const std::string& body = "") {
  HttpRequest request(verb, target, 11);
  request.set(http::field::host, "127.0.0.1:7480");
  if (verb == http::verb::post) request.set(http::field::content_type, "application/json");
  request.body() = body;
  return request;
}

class HttpRouterTest : public testing::Test {
 protected:
  HttpReply Ask(const HttpRequest& request, const HttpPeer& peer) {
    std::optional<HttpReply> reply;
    router_.Handle(request, peer, [&](HttpReply answer) {
      EXPECT_FALSE(reply.has_value());
      reply = std::move(answer);
    });
    rig_.core.restart();
    rig_.core.poll();
    if (!reply.has_value()) throw std::runtime_error("no reply");
    if (reply->source != nullptr) {
      while (reply->source->Next(reply->body)) {
      }
    }
    return *std::move(reply);
  }
  HttpReply Get(const std::string& target, const HttpPeer& peer = kLoopback) {
    return Ask(Request(http::verb::get, target), peer);
  }
  HttpReply Call(const std::string& method, const std::string& body, const HttpPeer& peer = kRoot) {
    return Ask(Request(http::verb::post, "/steward.v1." + method, body), peer);
  }
  HttpReply CallAs(const std::string& role, const std::string& method, const std::string& body = "{}") {
    HttpRequest request = Request(http::verb::post, "/steward.v1." + method, body);
    request.set(http::field::authorization, "Bearer " + rig_.ApiToken(role));
    return Ask(request, kRemote);
  }

  ApiRig rig_;
  HttpRouter router_{rig_.Parts()};
};

TEST_F(HttpRouterTest, PagesForScrapersAreOpenOnTheLoopbackAndNeedATokenElsewhere) {
  for (const char* page : {"/metrics", "/metrics/collector", "/sd/prometheus"}) {
    EXPECT_EQ(Get(page, kLoopback).status, 200u) << page;
    const HttpReply refused = Get(page, kRemote);
    EXPECT_EQ(refused.status, 401u) << page;
    EXPECT_THAT(refused.body, HasSubstr("token create --api --role metrics"));
    for (const char* role : {"metrics", "viewer", "partner", "it-manager", "owner"}) {
      HttpRequest request = Request(http::verb::get, page);
      request.set(http::field::authorization, "Bearer " + rig_.ApiToken(role));
      EXPECT_EQ(Ask(request, kRemote).status, 200u) << page << " " << role;
    }
  }
}

TEST_F(HttpRouterTest, APageOfAnIssueIsOpenToWhomTheOverviewIs) {
  EXPECT_EQ(Get("/issues/abc").status, 404u) << "without such pages";
  HttpRouterParts parts = rig_.Parts();
  parts.issue_page = [](std::string_view id) -> absl::StatusOr<std::string> {
    if (id != "abc") return absl::NotFoundError("no such issue");
    return "<p>it is full</p>";
  };
  parts.link_opens = [](std::string_view id, std::string_view query) { return id == "abc" && query == "sign=1"; };
  HttpRouter router(std::move(parts));
  const auto ask = [&](const HttpRequest& request, const HttpPeer& peer) {
    HttpReply reply;
    router.Handle(request, peer, [&](HttpReply answer) { reply = std::move(answer); });
    return reply;
  };
  const HttpReply page = ask(Request(http::verb::get, "/issues/abc?from=mail"), kLoopback);
  EXPECT_EQ(page.status, 200u);
  EXPECT_EQ(page.body, "<p>it is full</p>");
  EXPECT_EQ(page.content_type, "text/html; charset=utf-8");
  EXPECT_THAT(page.headers, testing::Contains(testing::Pair("Content-Security-Policy", HasSubstr("default-src 'none'"))));
  EXPECT_EQ(ask(Request(http::verb::get, "/issues/abd"), kLoopback).status, 404u);
  EXPECT_EQ(ask(Request(http::verb::post, "/issues/abc"), kLoopback).status, 405u);
  EXPECT_EQ(ask(Request(http::verb::get, "/issues/abc"), kRemote).status, 401u);
  EXPECT_EQ(ask(Request(http::verb::get, "/issues/abc?sign=1"), kRemote).status, 200u) << "who has the message has the link";
  EXPECT_EQ(ask(Request(http::verb::get, "/issues/abc?sign=2"), kRemote).status, 401u);
  EXPECT_EQ(ask(Request(http::verb::get, "/issues/abd?sign=1"), kRemote).status, 401u);
  EXPECT_EQ(ask(Request(http::verb::get, "/?sign=1"), kRemote).status, 401u) << "it opens nothing else";
  EXPECT_EQ(ask(Request(http::verb::post, "/issues/abc?sign=1"), kRemote).status, 405u);
}

TEST_F(HttpRouterTest, AWrongTokenIsRefusedEvenOnTheLoopback) {
  for (const char* authorization : {"Bearer nonsense", "Basic dTpw", "Bearer", "Bearer sta1-aaaa-bbbb"}) {
    HttpRequest request = Request(http::verb::get, "/metrics");
    request.set(http::field::authorization, authorization);
    EXPECT_EQ(Ask(request, kLoopback).status, 401u) << authorization;
  }
}

TEST_F(HttpRouterTest, WhatComesThroughAProxyOrAForgedNameIsNotTheLoopback) {
  HttpRequest forwarded = Request(http::verb::get, "/metrics");
  forwarded.set("X-Forwarded-For", "203.0.113.9");
  EXPECT_EQ(Ask(forwarded, kLoopback).status, 401u);
  HttpRequest rebound = Request(http::verb::get, "/metrics");
  rebound.set(http::field::host, "evil.example:7480");
  EXPECT_EQ(Ask(rebound, kLoopback).status, 401u);
}

TEST_F(HttpRouterTest, HealthIsOpenToAllAndReadinessSaysWhyNot) {
  EXPECT_EQ(Get("/-/healthy", kRemote).status, 200u);
  EXPECT_EQ(Get("/-/ready", kRemote).status, 200u);
  rig_.ready = absl::ResourceExhaustedError("the disk under /var/lib is full");
  const HttpReply reply = Get("/-/ready", kRemote);
  EXPECT_EQ(reply.status, 503u);
  EXPECT_THAT(reply.body, HasSubstr("the disk under /var/lib is full"));
}

TEST_F(HttpRouterTest, AnUnknownPathSaysWhatThereIs) {
  for (const char* path : {"/nothing", "/metrics/", "/metrics/machine/x", "//metrics", "/METRICS", "*", ""}) {
    const HttpReply reply = Get(path);
    EXPECT_EQ(reply.status, 404u) << path;
    EXPECT_THAT(reply.body, HasSubstr("/sd/prometheus"));
  }
}

TEST_F(HttpRouterTest, PagesAreOnlyForReading) {
  for (const http::verb verb : {http::verb::post, http::verb::delete_, http::verb::put, http::verb::options}) {
    const HttpReply reply = Ask(Request(verb, "/metrics"), kLoopback);
    EXPECT_EQ(reply.status, 405u);
    EXPECT_THAT(reply.headers, testing::Contains(testing::Pair("Allow", "GET, HEAD")));
  }
  const HttpReply reply = Ask(Request(http::verb::get, "/steward.v1.MachineService/ListMachines"), kRoot);
  EXPECT_EQ(reply.status, 405u);
}

TEST_F(HttpRouterTest, QueriesAndAbsoluteTargetsDoNotMatter) {
  EXPECT_EQ(Get("/metrics?collect[]=cpu").status, 200u);
  EXPECT_EQ(Get("http://127.0.0.1:7480/metrics").status, 200u);
  EXPECT_EQ(Get("http://127.0.0.1:7480").status, 200u);
}

TEST_F(HttpRouterTest, ServiceDiscoveryNamesEachMachinesPageAtTheAskersAddress) {
  rig_.AddMachine(ObservedMachine::Record("srv-\"file\"", kId, "Head office"));
  HttpRequest request = Request(http::verb::get, "/sd/prometheus");
  request.set(http::field::host, "localhost:9999");
  const HttpReply reply = Ask(request, kLoopback);
  EXPECT_EQ(reply.content_type, "application/json");
  EXPECT_EQ(boost::json::parse(reply.body), boost::json::parse(R"([{"targets": ["localhost:9999"], "labels": {
      "instance": "srv-\"file\"", "machine": "11111111-1111-4111-8111-111111111111", "site": "Head office",
      "class": "server", "job": "node", "__scheme__": "http",
      "__metrics_path__": "/metrics/machines/11111111-1111-4111-8111-111111111111"}}])"));
}

TEST_F(HttpRouterTest, ServiceDiscoveryNeedsAHost) {
  for (const char* host : {"", "a b", "x\"y"}) {
    HttpRequest request = Request(http::verb::get, "/sd/prometheus");
    request.set(http::field::host, host);
    request.set(http::field::authorization, "Bearer " + rig_.ApiToken("metrics"));
    EXPECT_EQ(Ask(request, kRemote).status, 400u) << host;
  }
}

TEST_F(HttpRouterTest, TheApiNeedsATokenEvenOnTheLoopback) {
  const HttpReply reply = Call("MachineService/ListMachines", "{}", kLoopback);
  EXPECT_EQ(reply.status, 401u);
  EXPECT_EQ(reply.content_type, "application/json");
  EXPECT_EQ(boost::json::parse(reply.body).at("code"), "unauthenticated");
}

TEST_F(HttpRouterTest, OnTheLocalSocketRootAndTheCollectorsUserAreTheOwner) {
  EXPECT_EQ(Call("TokenService/ListTokens", "{}", kRoot).status, 200u);
  EXPECT_EQ(Call("TokenService/ListTokens", "{}", {.local_socket = true, .user = ApiRig::kOwnUser}).status, 200u);
  EXPECT_EQ(Call("TokenService/ListTokens", "{}", {.local_socket = true, .user = 1000}).status, 403u);
}

TEST_F(HttpRouterTest, RolesMayWhatTheTableSays) {
  EXPECT_EQ(CallAs("viewer", "MachineService/ListMachines").status, 200u);
  const HttpReply refused = CallAs("viewer", "TokenService/ListTokens");
  EXPECT_EQ(refused.status, 403u);
  EXPECT_EQ(boost::json::parse(refused.body).at("code"), "permission_denied");
  EXPECT_THAT(refused.body, HasSubstr("owner, it-manager"));
  EXPECT_EQ(CallAs("metrics", "MachineService/ListMachines").status, 403u);
  EXPECT_EQ(CallAs("it-manager", "TokenService/CreateApiToken", R"({"role": "owner"})").status, 403u);
}

TEST_F(HttpRouterTest, ARevokedTokenOpensNothing) {
  const std::string token = rig_.ApiToken("owner");
  const auto listed = rig_.tokens.ListTokens();
  ASSERT_TRUE(listed.ok());
  rig_.tokens.RevokeToken(listed->tokens(0).id(), "me", [](const auto& response) { ASSERT_TRUE(response.ok()); });
  HttpRequest request = Request(http::verb::post, "/steward.v1.MachineService/ListMachines", "{}");
  request.set(http::field::authorization, "Bearer " + token);
  EXPECT_EQ(Ask(request, kRemote).status, 401u);
}

TEST_F(HttpRouterTest, BadCallsAreAnsweredInTheProtocolsForm) {
  struct Case {
    const char* method;
    const char* body;
    unsigned status;
    const char* code;
  };
  for (const Case& bad : {Case{"MachineService/ListMachines", "{", 400, "invalid_argument"},
                          Case{"MachineService/ListMachines", "[]", 400, "invalid_argument"},
                          Case{"MachineService/ListMachines", R"({"nope": 1})", 400, "invalid_argument"},
                          Case{"MachineService/ListMachines", R"({"includeRetired": "x"})", 400, "invalid_argument"},
                          Case{"MachineService/ListMachines", "\xff\xfe", 400, "invalid_argument"},
                          Case{"MachineService/GetMachine", R"({"machine": "none"})", 404, "not_found"},
                          Case{"MachineService/GetMachine", "{}", 400, "invalid_argument"},
                          Case{"MachineService/Nope", "{}", 501, "unimplemented"},
                          Case{"NopeService/Nope", "{}", 501, "unimplemented"},
                          Case{"MachineService", "{}", 501, "unimplemented"},
                          Case{"MachineService/ListMachines/x", "{}", 501, "unimplemented"},
                          Case{"SampleService/QuerySamples", R"({"from": "yesterday"})", 400, "invalid_argument"},
                          Case{"ChannelService/TestChannel", R"({"channel": "x"})", 404, "not_found"},
                          Case{"ChannelService/ListDeliveries", R"({"state": "x"})", 400, "invalid_argument"},
                          Case{"IssueService/GetIssue", R"({"id": "none"})", 404, "not_found"}}) {
    const HttpReply reply = Call(bad.method, bad.body);
    EXPECT_EQ(reply.status, bad.status) << bad.method << " " << reply.body;
    EXPECT_EQ(reply.content_type, "application/json");
    EXPECT_EQ(boost::json::parse(reply.body).at("code"), bad.code) << bad.method;
    EXPECT_FALSE(boost::json::parse(reply.body).at("message").as_string().empty());
  }
}

TEST_F(HttpRouterTest, OtherContentTypesAndCodingsAreRefused) {
  HttpRequest request = Request(http::verb::post, "/steward.v1.MachineService/ListMachines", "{}");
  request.set(http::field::content_type, "text/plain");
  EXPECT_EQ(Ask(request, kRoot).status, 415u);
  request.set(http::field::content_type, "Application/JSON; charset=utf-8");
  EXPECT_EQ(Ask(request, kRoot).status, 200u);
  request.set(http::field::content_encoding, "gzip");
  EXPECT_EQ(Ask(request, kRoot).status, 501u);
}

TEST_F(HttpRouterTest, BinaryProtoIsSpokenToo) {
  rig_.AddMachine(ObservedMachine::Record("srv-file", kId));
  v1::GetMachineRequest asked;
  asked.set_machine("srv-file");
  HttpRequest request = Request(http::verb::post, "/steward.v1.MachineService/GetMachine", asked.SerializeAsString());
  request.set(http::field::content_type, "application/proto");
  const HttpReply reply = Ask(request, kRoot);
  ASSERT_EQ(reply.status, 200u);
  EXPECT_EQ(reply.content_type, "application/proto");
  v1::GetMachineResponse response;
  ASSERT_TRUE(response.ParseFromString(reply.body));
  EXPECT_EQ(response.machine().id(), kId);
}

TEST_F(HttpRouterTest, FieldsWithDefaultValuesArePrinted) {
  rig_.AddMachine(ObservedMachine::Record("srv-file", kId));
  const HttpReply reply = Call("MachineService/ListMachines", "");
  EXPECT_THAT(reply.body, HasSubstr("\"up\":false"));
  EXPECT_THAT(reply.body, HasSubstr("\"hostName\":\"srv-file\""));
  EXPECT_THAT(reply.body, HasSubstr("\"openIssues\":0"));
  EXPECT_THAT(reply.body, Not(HasSubstr("lastSeenTime")));
}

TEST_F(HttpRouterTest, AnAmbiguousNameListsTheCandidates) {
  MachineRecord second = ObservedMachine::Record("pc", kOtherId);
  second.instance = "pc-22222222";
  rig_.AddMachine(ObservedMachine::Record("pc", kId));
  rig_.AddMachine(second);
  const HttpReply reply = Call("MachineService/GetMachine", R"({"machine": "PC"})");
  EXPECT_EQ(reply.status, 400u);
  EXPECT_THAT(reply.body, HasSubstr(kId));
  EXPECT_THAT(reply.body, HasSubstr(kOtherId));
  EXPECT_EQ(Call("MachineService/GetMachine", R"({"machine": "pc-22222222"})").status, 200u);
  EXPECT_EQ(Call("MachineService/GetMachine", std::string(R"({"machine": ")") + kId + "\"}").status, 200u);
}

TEST_F(HttpRouterTest, ARetiredMachineLeavesThePagesAndGivesItsNameBack) {
  rig_.AddMachine(ObservedMachine::Record("pc", kId));
  const HttpReply reply = Call("MachineService/RetireMachine", R"({"machine": "pc", "reason": "sold"})");
  ASSERT_EQ(reply.status, 200u) << reply.body;
  EXPECT_THAT(reply.body, HasSubstr("\"state\":\"retired\""));
  EXPECT_EQ(Get("/sd/prometheus").body, "[]");
  EXPECT_THAT(Call("MachineService/ListMachines", "{}").body, Not(HasSubstr(kId)));
  EXPECT_THAT(Call("MachineService/ListMachines", R"({"includeRetired": true})").body, HasSubstr(kId));
  EXPECT_EQ(Call("MachineService/RetireMachine", R"({"machine": "pc"})").status, 400u);
  rig_.AddMachine(ObservedMachine::Record("pc", kOtherId));
  EXPECT_THAT(Call("MachineService/GetMachine", R"({"machine": "pc"})").body, HasSubstr(kOtherId));
}

TEST_F(HttpRouterTest, TokensAreMadeListedAndRevoked) {
  const HttpReply made = Call("TokenService/CreateEnrollmentToken",
                              R"({"site": "Head office", "class": "server", "uses": 3, "expires": "3600s",
                                  "addresses": ["10.0.0.5:7443"]})");
  ASSERT_EQ(made.status, 200u) << made.body;
  EXPECT_THAT(made.body, HasSubstr("\"token\":\"stw1-"));
  const HttpReply listed = Call("TokenService/ListTokens", "{}");
  EXPECT_THAT(listed.body, HasSubstr("\"usesAllowed\":3"));
  EXPECT_THAT(listed.body, Not(HasSubstr("stw1-")));
}

TEST_F(HttpRouterTest, StatusCountsWhatThereIs) {
  rig_.AddMachine(ObservedMachine::Record("pc", kId));
  rig_.progress = {.samples_total = 12, .samples_per_second = 3.5, .last_commit_time = rig_.clock.WallNow()};
  const HttpReply reply = Call("StatusService/GetStatus", "{}");
  EXPECT_THAT(reply.body, HasSubstr("\"machines\":\"1\""));
  EXPECT_THAT(reply.body, HasSubstr("\"machinesUp\":\"0\""));
  EXPECT_THAT(reply.body, HasSubstr("\"samplesTotal\":\"12\""));
  EXPECT_THAT(reply.body, HasSubstr("\"version\":\"1.2.3\""));
}

TEST_F(HttpRouterTest, TheOverviewEscapesWhatMachinesSay) {
  MachineRecord machine = ObservedMachine::Record("<script>alert(1)</script>", kId);
  machine.operating_system = "\"><img src=x>";
  rig_.AddMachine(machine);
  v1::Issue issue;
  issue.set_id("i");
  issue.set_title("<b>full</b>");
  issue.set_severity("\"><x");
  issue.set_state("open");
  rig_.AddIssue(issue);
  const HttpReply reply = Get("/");
  EXPECT_EQ(reply.status, 200u);
  EXPECT_EQ(reply.content_type, "text/html; charset=utf-8");
  EXPECT_THAT(reply.body, Not(HasSubstr("<script")));
  EXPECT_THAT(reply.body, Not(HasSubstr("<img")));
  EXPECT_THAT(reply.body, Not(HasSubstr("<b>full")));
  EXPECT_THAT(reply.body, HasSubstr("&lt;b&gt;full"));
}

TEST_F(HttpRouterTest, TheOverviewIsNotForScrapersAndNotForStrangers) {
  EXPECT_EQ(Get("/", kRemote).status, 401u);
  HttpRequest request = Request(http::verb::get, "/");
  request.set(http::field::authorization, "Bearer " + rig_.ApiToken("metrics"));
  EXPECT_EQ(Ask(request, kRemote).status, 403u);
}

TEST_F(HttpRouterTest, AnswersAreCounted) {
  Get("/metrics");
  Get("/nothing");
  EXPECT_THAT(Get("/metrics/collector").body, HasSubstr("steward_http_requests_total{code=\"404\",page=\"other\"} 1"));
}

TEST_F(HttpRouterTest, TheLocalSocketMayActForANamedPersonAndNobodyElse) {
  v1::Issue issue;
  issue.set_id("0123456789abcdef");
  issue.set_state("open");
  rig_.AddIssue(issue);
  HttpRequest request = Request(http::verb::post, "/steward.v1.IssueService/ActOnIssue", R"({"id": "0123", "acknowledge": {}})");
  request.set("Steward-As", "Mari Mägi");
  EXPECT_EQ(Ask(request, kRoot).status, 200u);
  EXPECT_EQ(rig_.desk.actor.record, "Mari Mägi (local user 0)");
  EXPECT_EQ(rig_.desk.actor.person, "Mari Mägi");
  EXPECT_EQ(rig_.desk.actor.role, Role::kOwner);
  request.set("Steward-As", std::string(101, 'x'));
  EXPECT_EQ(Ask(request, kRoot).status, 400u);
  request.set("Steward-As", "Mari");
  request.set(http::field::authorization, "Bearer " + rig_.ApiToken("owner"));
  EXPECT_EQ(Ask(request, kRemote).status, 403u);
}

TEST_F(HttpRouterTest, AClosedIssueIsLeftAloneAndTheTrailIsNotForEveryone) {
  v1::Issue issue;
  issue.set_id("0123456789abcdef");
  issue.set_state("closed");
  rig_.AddIssue(issue);
  const HttpReply closed = Call("IssueService/ActOnIssue", R"({"id": "0123", "acknowledge": {}})");
  EXPECT_EQ(closed.status, 400u);
  EXPECT_THAT(closed.body, HasSubstr("is closed"));
  EXPECT_EQ(Call("IssueService/CreateIssue", R"({"machine": "nobody", "title": "x"})").status, 404u);
  EXPECT_EQ(CallAs("viewer", "IssueService/ActOnIssue").status, 403u);
  EXPECT_EQ(CallAs("partner", "AuditService/ListAuditEntries").status, 403u);
  AuditRecord entry;
  entry.actor = "Mari";
  entry.action = "closed";
  rig_.Write([&](StorageTransaction& t) { return t.AddAudit(entry); });
  const HttpReply trail = CallAs("it-manager", "AuditService/ListAuditEntries");
  EXPECT_THAT(trail.body, HasSubstr("\"actor\":\"Mari\""));
  EXPECT_THAT(trail.body, HasSubstr("\"lastNumber\":\"4\""));
}

}  // namespace
}  // namespace steward::collector
