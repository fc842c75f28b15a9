// An exporter gives what is asked of it and no more; whatever it answers else is told and does no harm.
#include "agent/probes/scrape.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "agent/net/dns_query.h"
#include "agent/platform/platform.h"
#include "agent/probes/endpoint_list.h"
#include "agent/probes/endpoints.h"
#include "base/text.h"
#include "boost/asio/io_context.hpp"
#include "boost/asio/ip/tcp.hpp"
#include "boost/asio/read_until.hpp"
#include "boost/asio/streambuf.hpp"
#include "boost/asio/write.hpp"
#include "tests/agent/probes/answering_platform.h"
#include "tests/agent/probes/collected.h"
#include "tests/support/temp_dir.h"

namespace steward::agent {
namespace {

using boost::asio::ip::tcp;

// Gives one answer, byte for byte, to everybody; an empty one: never any.
class Exporter {
 public:
  explicit Exporter(std::string answer) : answer_(std::move(answer)), thread_([this] { Serve(); }) {}
  ~Exporter() {
    over_ = true;
    boost::system::error_code ignored;
    tcp::socket last(io_);
    last.connect(acceptor_.local_endpoint(), ignored);
    thread_.join();
  }
  Exporter(const Exporter&) = delete;
  Exporter& operator=(const Exporter&) = delete;
  std::string Url() const { return StrCat("http://127.0.0.1:", acceptor_.local_endpoint().port(), "/metrics"); }

 private:
  void Serve() {
    std::vector<tcp::socket> unanswered;
    while (true) {
      boost::system::error_code error;
      tcp::socket peer = acceptor_.accept(error);
      if (over_) return;
      if (answer_.empty()) {
        unanswered.push_back(std::move(peer));
        continue;
      }
      boost::asio::streambuf request;
      boost::asio::read_until(peer, request, "\r\n\r\n", error);
      boost::asio::write(peer, boost::asio::buffer(answer_), error);
    }
  }

  const std::string answer_;
  boost::asio::io_context io_;
  tcp::acceptor acceptor_{io_, tcp::endpoint(boost::asio::ip::address_v4::loopback(), 0)};
  std::atomic<bool> over_ = false;
  std::thread thread_;
};

std::string Ok(const std::string& body) {
  return StrCat("HTTP/1.1 200 OK\r\nContent-Length: ", body.size(), "\r\n\r\n", body);
}

class ScrapeTest : public testing::Test {
 protected:
  Collected Scrape(const std::string& answer, std::vector<std::string> metrics, std::uint64_t series_max = 100) {
    const Exporter exporter(answer);
    ProbeSettings settings;
    settings.once = true;
    settings.scrapes = {{.name = "it", .url = exporter.Url(), .metrics = std::move(metrics), .deadline = absl::Milliseconds(500), .series_max = series_max}};
    probe_ = MakeScrapeProbe(*platform_, settings);
    Collected collected;
    EXPECT_TRUE(probe_->Collect(collected).ok());
    return collected;
  }

  const TempDir folder_;
  const std::unique_ptr<Platform> platform_ = NewRecordedPlatform(folder_.path().string()).value();
  std::unique_ptr<Probe> probe_;  // owns the metrics that were collected
};

TEST_F(ScrapeTest, TakesWhatIsNamedWithItsLabels) {
  const Collected collected = Scrape(Ok("# TYPE a_total counter\na_total{site=\"x\",scrape=\"y\"} 3 1700000000000\nb_c 2\nb 1\n# EOF\n"), {"a_total", "b_*"});
  EXPECT_EQ(collected.Integer("steward_scrape_up{scrape=it}"), 1);
  EXPECT_EQ(collected.Integer("steward_scrape_samples{scrape=it}"), 2);
  EXPECT_EQ(collected.Integer("steward_scrape_samples_exposed{scrape=it}"), 3);
  EXPECT_EQ(collected.doubles.at("a_total{exported_scrape=y,exported_site=x,scrape=it}"), 3);
  EXPECT_EQ(collected.doubles.at("b_c{scrape=it}"), 2);
  EXPECT_EQ(collected.metrics.at("a_total")->type, MetricType::kCounter);
}

TEST_F(ScrapeTest, WhatIsNotAsItShouldGivesNothing) {
  const std::string chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\na 1\n\r\n0\r\n\r\n";
  EXPECT_EQ(Scrape(chunked, {"a"}).Integer("steward_scrape_up{scrape=it}"), 1);
  for (const std::string& answer : {std::string("HTTP/1.1 500 Oh\r\nContent-Length: 4\r\n\r\na 1\n"), std::string("what is this"), std::string("HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\na 1\n"),
                                    Ok("a 1\n{{{{\n"), Ok("a 1\na{b=\"1\"} 1\na{b=\"2\"} 1\n"), std::string("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\na 1\n"), std::string()}) {
    const Collected collected = Scrape(answer, {"a"}, 2);
    EXPECT_EQ(collected.Integer("steward_scrape_up{scrape=it}"), 0) << answer;
    EXPECT_TRUE(collected.doubles.empty()) << answer;
  }
}

TEST_F(ScrapeTest, IsAbsentIfNoneIsNamed) {
  Collected collected;
  EXPECT_TRUE(absl::IsNotFound(MakeScrapeProbe(*platform_, {})->Collect(collected)));
  EXPECT_TRUE(absl::IsNotFound(MakeEndpointsProbe(*platform_, {})->Collect(collected)));
}

TEST_F(ScrapeTest, EndpointsAreUpIfTheyAnswerAsTheyShould) {
  const Exporter good("HTTP/1.1 204 No Content\r\n\r\n");
  const Exporter bad("HTTP/1.1 503 Down\r\nContent-Length: 0\r\n\r\n");
  ProbeSettings settings;
  settings.once = true;
  settings.endpoints = std::make_shared<EndpointList>();
  const std::string tcp = StrCat("tcp", good.Url().substr(4, good.Url().size() - 4 - 8));
  settings.endpoints->Set({{"good", good.Url()}, {"bad", bad.Url()}, {"tcp", tcp},
                           {"name", "dns:localhost"}, {"nonsense", "gopher://x"}});
  const auto probe = MakeEndpointsProbe(*platform_, settings);
  Collected collected;
  ASSERT_TRUE(probe->Collect(collected).ok());
  EXPECT_EQ(collected.Integer("steward_endpoint_up{endpoint=good}"), 1);
  EXPECT_EQ(collected.Integer("steward_endpoint_http_status{endpoint=good}"), 204);
  EXPECT_TRUE(collected.Has("steward_endpoint_duration_seconds{endpoint=good,phase=connect}"));
  EXPECT_EQ(collected.Integer("steward_endpoint_up{endpoint=bad}"), 0);
  EXPECT_EQ(collected.Integer("steward_endpoint_http_status{endpoint=bad}"), 503);
  EXPECT_EQ(collected.Integer("steward_endpoint_up{endpoint=tcp}"), 1);
  EXPECT_EQ(collected.Integer("steward_endpoint_up{endpoint=name}"), 1);
  EXPECT_EQ(collected.Integer("steward_endpoint_up{endpoint=nonsense}"), 0);
}

TEST_F(ScrapeTest, AnAnswerWithoutItsWordIsNoneThatCounts) {
  const Exporter site(Ok("Welcome to the intranet"));
  ProbeSettings settings;
  settings.once = true;
  settings.endpoints = std::make_shared<EndpointList>();
  settings.endpoints->Set({{"right", site.Url(), "vital", "the intranet"}, {"wrong", site.Url(), "service", "the shop"}});
  Collected collected;
  ASSERT_TRUE(MakeEndpointsProbe(*platform_, settings)->Collect(collected).ok());
  EXPECT_EQ(collected.Integer("steward_endpoint_up{endpoint=right,purpose=vital}"), 1);
  EXPECT_EQ(collected.Integer("steward_endpoint_up{endpoint=wrong,purpose=service}"), 0);
  EXPECT_EQ(collected.Integer("steward_endpoint_http_status{endpoint=wrong,purpose=service}"), 200);
}

TEST(EndpointsTest, AStarIsWhatTheMachineIsSetToUse) {
  AnsweringPlatform platform;
  platform.files["/etc/resolv.conf"] = "nameserver 127.0.0.53\n";
  platform.files["/run/systemd/resolve/resolv.conf"] = "nameserver 127.0.0.1\nnameserver 127.0.0.2\n";
  platform.files["/proc/net/route"] = "Iface Destination Gateway\neth0 0000FEA9 00000000\neth0 00000000 0100007F\n";
  ProbeSettings settings;
  settings.once = true;
  settings.endpoints = std::make_shared<EndpointList>();
  settings.endpoints->Set({{"names", "dns://*/intranet.example", "name-server"}, {"way out", "icmp://*", "gateway"}});
  Collected collected;
  ASSERT_TRUE(MakeEndpointsProbe(platform, settings)->Collect(collected).ok());
  EXPECT_EQ(collected.Integer("steward_endpoint_up{endpoint=names,purpose=name-server,server=127.0.0.1}"), 0);
  EXPECT_EQ(collected.Integer("steward_endpoint_up{endpoint=names,purpose=name-server,server=127.0.0.2}"), 0);
  EXPECT_TRUE(collected.Has("steward_endpoint_up{endpoint=way out,purpose=gateway,server=127.0.0.1}"));
}

TEST(DnsQuery, IsWrittenAndJudgedAsTheStandardSays) {
  EXPECT_EQ(DnsQuestion("a.bc", 0x1234), std::string("\x12\x34\x01\0\0\x01\0\0\0\0\0\0\x01"
                                                     "a\x02"
                                                     "bc\0\0\x01\0\x01",
                                                     22));
  for (const std::string& name : {std::string(), std::string("."), std::string("a..b"), std::string(64, 'a'), std::string(300, '.')}) {
    EXPECT_EQ(DnsQuestion(name, 1), "") << name;
  }
  const auto answer = [](std::string_view flags, char answers) { return StrCat(std::string("\x12\x34", 2), flags, std::string("\0\x01\0", 3), std::string(1, answers), std::string(4, '\0')); };
  EXPECT_TRUE(JudgeDnsAnswer(answer({"\x81\x80", 2}, 1), 0x1234).ok());
  EXPECT_TRUE(absl::IsNotFound(JudgeDnsAnswer(answer({"\x81\x80", 2}, 0), 0x1234)));
  EXPECT_TRUE(absl::IsNotFound(JudgeDnsAnswer(answer({"\x81\x83", 2}, 0), 0x1234)));
  EXPECT_TRUE(absl::IsUnavailable(JudgeDnsAnswer(answer({"\x81\x82", 2}, 0), 0x1234)));
  EXPECT_TRUE(absl::IsInvalidArgument(JudgeDnsAnswer(answer({"\x01\x80", 2}, 1), 0x1234))) << "a question";
  EXPECT_TRUE(absl::IsInvalidArgument(JudgeDnsAnswer(answer({"\x81\x80", 2}, 1), 0x1235))) << "another's";
  EXPECT_TRUE(absl::IsInvalidArgument(JudgeDnsAnswer("\x12\x34", 0x1234)));
}

}  // namespace
}  // namespace steward::agent
