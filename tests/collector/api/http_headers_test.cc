#include <gtest/gtest.h>

#include "collector/api/http_router.h"

namespace steward::collector {
namespace {

TEST(HttpHeadersTest, GzipIsTakenOnlyIfItIsAsked) {
  for (const char* yes : {"gzip", "deflate, gzip", "gzip;q=1.0", "br;q=1.0, GZIP;q=0.5", " x-gzip "}) {
    EXPECT_TRUE(AcceptsGzip(yes)) << yes;
  }
  for (const char* no : {"", "identity", "gzip;q=0", "gzip;q=0.000", "gzipped", "gzip;level=1", ";;;,,,", "deflate"}) {
    EXPECT_FALSE(AcceptsGzip(no)) << no;
  }
}

TEST(HttpHeadersTest, AHostHeaderIsAHostAndPerhapsAPort) {
  for (const char* yes : {"localhost", "collector.example:7480", "10.0.0.5:1", "[::1]", "[fe80::1]:65535", "a_b"}) {
    EXPECT_TRUE(IsHostHeader(yes)) << yes;
  }
  for (const char* no : {"", ":7480", "a:", "a:b", "a:65536", "a b", "a\"b", "a/b", "[::1", "[x]", "[::1]x", "a:80:80", "é"}) {
    EXPECT_FALSE(IsHostHeader(no)) << no;
  }
}

TEST(HttpHeadersTest, AForgedNameIsNotThisMachine) {
  for (const char* yes : {"127.0.0.1:7480", "localhost", "LOCALHOST:1", "a.localhost", "[::1]:7480", "Collector:7480", "192.0.2.1"}) {
    EXPECT_TRUE(IsOwnHost(yes, "collector")) << yes;
  }
  for (const char* no : {"evil.example", "localhost.evil.example", "collector.evil.example:7480", "", "xlocalhost"}) {
    EXPECT_FALSE(IsOwnHost(no, "collector")) << no;
  }
}

}  // namespace
}  // namespace steward::collector
