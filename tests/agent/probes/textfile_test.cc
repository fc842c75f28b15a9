// What scripts write to *.prom files arrives as they mean it, and no mistake in one file costs another.
#include "agent/probes/textfile.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "agent/platform/platform.h"
#include "agent/probes/exposition.h"
#include "base/text.h"
#include "tests/agent/probes/collected.h"
#include "tests/support/temp_dir.h"

namespace steward::agent {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;

std::vector<ExposedSample> Parse(std::string_view text) {
  std::vector<ExposedSample> samples;
  const absl::Status status = ParseExposition("x.prom", text, [&](const ExposedSample& sample) { samples.push_back(sample); });
  EXPECT_TRUE(status.ok()) << status;
  return samples;
}

std::string ErrorOf(std::string_view text) {
  return std::string(ParseExposition("x.prom", text, [](const ExposedSample&) {}).message());
}

TEST(Exposition, IsReadAsPrometheusReadsIt) {
  const auto samples = Parse(
      "# HELP backup_age_seconds Since the last one.\n"
      "# TYPE backup_age_seconds gauge\n"
      "backup_age_seconds{target = \"nas \\\"1\\\"\", class=\"x\\n\\\\\" , } 3.5e3\n"
      "# a comment\n\n"
      "# TYPE runs_total counter\n"
      "  runs_total 7\r\n"
      "plain -Inf\n");
  ASSERT_EQ(samples.size(), 3u);
  EXPECT_EQ(samples[0].metric, "backup_age_seconds");
  EXPECT_EQ(samples[0].help, "Since the last one.");
  EXPECT_EQ(samples[0].type, MetricType::kGauge);
  EXPECT_EQ(samples[0].value, 3500);
  EXPECT_THAT(samples[0].labels, ElementsAre(Pair("class", "x\n\\"), Pair("target", "nas \"1\"")));
  EXPECT_EQ(samples[1].type, MetricType::kCounter);
  EXPECT_EQ(samples[2].type, MetricType::kUntyped);
  EXPECT_LT(samples[2].value, 0);
}

TEST(Exposition, PartsOfHistogramsAndSummariesAreCounters) {
  const auto samples = Parse(
      "# TYPE t histogram\nt_bucket{le=\"1\"} 1\nt_sum 0.5\nt_count 1\n"
      "# TYPE s summary\ns{quantile=\"0.5\"} 1\ns_sum 2\n");
  ASSERT_EQ(samples.size(), 5u);
  for (const std::size_t i : {0u, 1u, 2u, 4u}) EXPECT_EQ(samples[i].type, MetricType::kCounter) << i;
  EXPECT_EQ(samples[3].type, MetricType::kGauge);
}

TEST(Exposition, AMistakeIsToldWithItsLineAndWhatToWriteInstead) {
  EXPECT_EQ(ErrorOf("a 1\nb 2 1700000000\n"), "x.prom:2: no time behind the number: a sample is of the moment at which the file is read");
  EXPECT_THAT(ErrorOf("7up 1\n"), HasSubstr("x.prom:1: a line begins with the name"));
  EXPECT_THAT(ErrorOf("a{b=c} 1\n"), HasSubstr("between quotes"));
  EXPECT_THAT(ErrorOf("a{b=\"c} 1\n"), HasSubstr("between quotes"));
  EXPECT_THAT(ErrorOf("a{b=\"1\" c=\"2\"} 1\n"), HasSubstr("comma"));
  EXPECT_THAT(ErrorOf("a{b=\"1\",b=\"2\"} 1\n"), HasSubstr("twice"));
  EXPECT_THAT(ErrorOf("a{\n"), HasSubstr("{name=\"value\"}"));
  EXPECT_THAT(ErrorOf("a many\n"), HasSubstr("stands a number"));
  EXPECT_THAT(ErrorOf("a\n"), HasSubstr("stands a number"));
  EXPECT_THAT(ErrorOf("# TYPE a number\n"), HasSubstr("one of counter"));
}

class TextfileTest : public testing::Test {
 protected:
  void Write(std::string_view file, const std::string& text) {
    const std::filesystem::path path = directory_.path().string() + std::string(kTextfileDirectories.back()) + "/" + std::string(file);
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path, std::ios::binary) << text;
  }
  Collected Collect() {
    Collected collected;
    auto platform = NewRecordedPlatform(directory_.path().string());
    EXPECT_TRUE(platform.ok()) << platform.status();
    const absl::Status status = MakeTextfileProbe(**platform)->Collect(collected);
    EXPECT_TRUE(status.ok() || absl::IsNotFound(status)) << status;
    return collected;
  }

  TempDir directory_;
};

TEST_F(TextfileTest, WithoutADirectoryThereIsNothing) { EXPECT_TRUE(Collect().integers.empty()); }

TEST_F(TextfileTest, AWrongFileIsLeftOutWholeAndSaidSo) {
  Write("a.prom", "good 1\nbad\n");
  Write("b.prom", "jobs{instance=\"x\",site=\"y\"} 4\n");
  Write("c.prom.tmp", "half 1");
  const Collected collected = Collect();
  EXPECT_EQ(collected.Integer("node_textfile_scrape_error"), 1);
  EXPECT_EQ(collected.doubles.size(), 1u);
  EXPECT_EQ(collected.doubles.at("jobs{exported_instance=x,exported_site=y}"), 4.0);
  Write("a.prom", "good 1\n");
  EXPECT_EQ(Collect().Integer("node_textfile_scrape_error"), 0);
}

TEST_F(TextfileTest, AFileThatInventsSeriesWithoutEndIsLeftOut) {
  std::string many;
  for (std::size_t i = 0; i <= kTextfileSeriesMax; ++i) many += StrCat("s{i=\"", i, "\"} 1\n");
  Write("a.prom", many);
  Write("b.prom", "other 1\n");
  const Collected collected = Collect();
  EXPECT_EQ(collected.doubles.size(), 1u);
  EXPECT_EQ(collected.Integer("node_textfile_scrape_error"), 1);
}

}  // namespace
}  // namespace steward::agent
