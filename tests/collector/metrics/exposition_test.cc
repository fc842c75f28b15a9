#include "collector/metrics/exposition.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <zlib.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "prometheus/counter.h"
#include "tests/support/api_rig.h"
#include "tests/support/temp_dir.h"

namespace steward::collector {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr char kId[] = "11111111-1111-4111-8111-111111111111";

std::string All(std::unique_ptr<TextSource> source) {
  std::string text;
  while (source->Next(text)) {
  }
  return text;
}

std::string Gunzip(const std::string& compressed) {
  z_stream stream{};
  inflateInit2(&stream, 15 + 16);
  std::string in = compressed, out(1 << 24, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(in.data());
  stream.avail_in = static_cast<uInt>(in.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  EXPECT_EQ(inflate(&stream, Z_FINISH), Z_STREAM_END);
  out.resize(stream.total_out);
  inflateEnd(&stream);
  return out;
}

v1::Issue DiskIssue() {
  v1::Issue issue;
  issue.set_id("i-1");
  issue.set_type("disk-space-low");
  issue.set_machine_id(kId);
  issue.set_host_name("srv-file");
  issue.set_site("Head office");
  issue.set_class_("server");
  issue.set_subject("uuid-1");
  issue.set_title("/srv is 95 % \"full\"");
  issue.set_severity("high");
  issue.set_state("open");
  issue.set_party("partner");
  issue.mutable_opened_time()->set_seconds(1'699'999'000);
  return issue;
}

class ExpositionTest : public testing::Test {
 protected:
  void SetUp() override {
    rig_.AddMachine(machine_.record());
    machine_.AddGroup(1, absl::Seconds(15));
    const auto load = machine_.AddSeries(1, "node_load1", {}, v1::METRIC_TYPE_GAUGE, "1m load average.");
    const auto disk = machine_.AddSeries(1, "node_disk_read_bytes_total", {{"device", "sd\\a\"\n"}},
                                         v1::METRIC_TYPE_COUNTER, "The total number of bytes read.");
    rig_.latest.OnObservation(machine_.At(rig_.clock.WallNow(), {{1, {{load, 0.25}, {disk, 4096}}}}));
  }

  ApiRig rig_;
  ObservedMachine machine_{ObservedMachine::Record("srv-file", kId)};
};

TEST_F(ExpositionTest, TheCollectorsPageShowsMachinesAndIssues) {
  rig_.AddIssue(DiskIssue());
  v1::Issue pending = DiskIssue();
  pending.set_id("i-2");
  pending.set_subject("uuid-2");
  pending.set_state("pending");
  rig_.AddIssue(pending);
  const std::string text = All(rig_.exposition.Collector());
  const std::string machine = "instance=\"srv-file\",machine=\"11111111-1111-4111-8111-111111111111\",site=\"Head office\","
                              "class=\"server\"";
  EXPECT_THAT(text, HasSubstr("\nsteward_machine_up{" + machine + "} 1\n"));
  EXPECT_THAT(text, HasSubstr("\nsteward_machine_last_seen_timestamp_seconds{" + machine + "} 1700000000\n"));
  EXPECT_THAT(text, HasSubstr("\nsteward_machine_info{" + machine + ",host_name=\"srv-file\","));
  EXPECT_THAT(text, HasSubstr("\nsteward_issues{site=\"Head office\",severity=\"high\",state=\"open\",party=\"partner\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("\nsteward_issues{site=\"Head office\",severity=\"low\",state=\"open\",party=\"it-manager\"} 0\n"));
  EXPECT_THAT(text, HasSubstr("\nsteward_issue_info{" + machine +
                              ",id=\"i-1\",type=\"disk-space-low\",subject=\"uuid-1\",severity=\"high\",state=\"open\","
                              "party=\"partner\",title=\"/srv is 95 % \\\"full\\\"\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("\nsteward_issue_opened_timestamp_seconds{site=\"Head office\",id=\"i-1\",severity=\"high\"} "
                              "1699999000\n"));
  EXPECT_THAT(text, HasSubstr("\nsteward_storage_up 1\n"));
  EXPECT_THAT(text, HasSubstr("\nsteward_storage_bytes "));
  EXPECT_THAT(text, Not(HasSubstr("i-2")));
  EXPECT_THAT(text, Not(HasSubstr("node_load1")));
}

TEST_F(ExpositionTest, AMachinesPageShowsItsHealthAlone) {
  const auto page = rig_.exposition.Machine(kId);
  ASSERT_TRUE(page.ok());
  EXPECT_EQ(All(*rig_.exposition.Machine(kId)),
            "# HELP node_load1 1m load average.\n# TYPE node_load1 gauge\n"
            "node_load1{instance=\"srv-file\",machine=\"11111111-1111-4111-8111-111111111111\",site=\"Head office\","
            "class=\"server\"} 0.25\n"
            "# HELP node_disk_read_bytes_total The total number of bytes read.\n"
            "# TYPE node_disk_read_bytes_total counter\n"
            "node_disk_read_bytes_total{instance=\"srv-file\",machine=\"11111111-1111-4111-8111-111111111111\","
            "site=\"Head office\",class=\"server\",device=\"sd\\\\a\\\"\\n\"} 4096\n");
}

TEST_F(ExpositionTest, AMachineNobodyKnowsHasNoPage) {
  EXPECT_TRUE(absl::IsNotFound(rig_.exposition.Machine("x").status()));
}

TEST_F(ExpositionTest, AnythingServedPassesPromtool) {
  rig_.AddIssue(DiskIssue());
  prometheus::BuildCounter().Name("steward_ingest_samples_total").Help("Samples.").Register(rig_.registry).Add({}).Increment(5);
  if (!std::filesystem::exists("/usr/bin/promtool")) GTEST_SKIP() << "promtool is missing: install Debian's prometheus";
  const TempDir dir;
  const std::string page = (dir.path() / "metrics").string(), said = (dir.path() / "said").string();
  std::ofstream(page) << All(rig_.exposition.Everything());
  const int result = std::system(("/usr/bin/promtool check metrics < " + page + " > " + said + " 2>&1").c_str());
  std::ifstream file(said);
  EXPECT_EQ(result, 0) << std::string(std::istreambuf_iterator<char>(file), {});
}

TEST_F(ExpositionTest, GzipGivesTheSameText) {
  const std::string text = All(rig_.exposition.Everything());
  EXPECT_EQ(Gunzip(All(Gzipped(rig_.exposition.Everything()))), text);
  EXPECT_EQ(Gunzip(All(Gzipped(TextOf("")))), "");
}

TEST_F(ExpositionTest, ALongPageComesInPieces) {
  ObservedMachine other(ObservedMachine::Record("pc", "22222222-2222-4222-8222-222222222222"));
  other.AddGroup(1, absl::Seconds(15));
  for (int family = 0; family < 100; ++family) {
    ObservedGroup group{1, {}};
    for (int i = 0; i < 20; ++i) {
      group.values.push_back({other.AddSeries(1, "metric" + std::to_string(family), {{"x", std::to_string(i)}}), 1.0 * i});
    }
    if (family == 99) {
      group.values.clear();
      for (std::uint32_t id = 1; id <= 2000; ++id) group.values.push_back({id, id * 1.0});
      rig_.latest.OnObservation(other.At(rig_.clock.WallNow(), {group}));
    }
  }
  auto source = rig_.exposition.Everything();
  int pieces = 0;
  for (std::string piece; source->Next(piece); piece.clear()) {
    EXPECT_LT(piece.size(), 2 * kPieceBytes);
    ++pieces;
  }
  EXPECT_GE(pieces, 4);
}

}  // namespace
}  // namespace steward::collector
