// Where a service is reached is read as people write it, and what is no such place is said.
#include "base/endpoint_url.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace steward {
namespace {

using testing::HasSubstr;

TEST(EndpointUrlTest, EverySchemeIsRead) {
  const struct {
    const char* text;
    EndpointUrl url;
  } cases[] = {
      {"tcp://mail.example:25", {"tcp", "mail.example", "25", ""}},
      {"tls://[2001:db8::1]:636", {"tls", "2001:db8::1", "636", ""}},
      {"http://intranet.example", {"http", "intranet.example", "80", "/"}},
      {"https://intranet.example:8443/a/b?c=d", {"https", "intranet.example", "8443", "/a/b?c=d"}},
      {"https://intranet.example?c", {"https", "intranet.example", "443", "/?c"}},
      {"dns:www.example", {"dns", "", "", "www.example"}},
      {"dns://192.0.2.1/www.example", {"dns", "192.0.2.1", "53", "www.example"}},
      {"dns://[::1]:5353/www.example", {"dns", "::1", "5353", "www.example"}},
      {"dns://*/www.example", {"dns", "*", "53", "www.example"}},
      {"icmp://*", {"icmp", "*", "", ""}},
      {"icmp://192.0.2.1", {"icmp", "192.0.2.1", "", ""}},
  };
  for (const auto& one : cases) {
    const auto url = ParseEndpointUrl(one.text);
    ASSERT_TRUE(url.ok()) << one.text << ": " << url.status();
    EXPECT_EQ(*url, one.url) << one.text;
  }
  EXPECT_EQ(ParseEndpointUrl("tls://[2001:db8::1]:636")->Authority(), "[2001:db8::1]:636");
  EXPECT_EQ(ParseEndpointUrl("icmp://gateway")->Authority(), "gateway");
}

TEST(EndpointUrlTest, WhatIsNoPlaceIsSaid) {
  const struct {
    const char* text;
    const char* words;
  } cases[] = {
      {"", "no scheme"},
      {"intranet.example", "no scheme"},
      {"ftp://intranet.example", "not known"},
      {"http:intranet.example", "no //"},
      {"http://", "no host"},
      {"http://user@host/", "no host"},
      {"http://host:99999/", "port from 1 to 65535"},
      {"http://host:0/", "port from 1 to 65535"},
      {"http://host/a b", "%XX"},
      {"http://host/\r\nX: y", "%XX"},
      {"tcp://host", "no port"},
      {"tcp://host:1/x", "path"},
      {"tcp://::1:25", "no host"},
      {"tcp://[::1", "no host"},
      {"icmp://host:1", "ping"},
      {"http://*/", "no host"},
      {"dns://*.example/www.example", "no host"},
      {"dns:", "nothing to look up"},
      {"dns://server", "nothing to look up"},
  };
  for (const auto& one : cases) {
    const auto url = ParseEndpointUrl(one.text);
    ASSERT_FALSE(url.ok()) << one.text;
    EXPECT_THAT(std::string(url.status().message()), HasSubstr(one.words)) << one.text;
    EXPECT_THAT(std::string(url.status().message()), HasSubstr("; write tcp://host:port")) << one.text;
  }
}

}  // namespace
}  // namespace steward
