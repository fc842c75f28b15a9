// Agents of earlier versions, as recorded under tests/fixtures/uplink, still deliver.
#include <fstream>

#include "google/protobuf/io/zero_copy_stream_impl.h"
#include "google/protobuf/util/delimited_message_util.h"
#include "tests/collector/ingest/ingest_fixture.h"
#include "tests/fixtures/uplink/recorded.h"

namespace steward::collector {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

class RecordedAgentTest : public IngestFixture, public ::testing::WithParamInterface<std::string> {
 protected:
  static std::vector<v1::AgentMessage> Recorded() {
    std::ifstream file(std::string(STEWARD_SOURCE_DIR "/tests/fixtures/uplink/") + GetParam() + "/stream.bin", std::ios::binary);
    EXPECT_TRUE(file.is_open());
    google::protobuf::io::IstreamInputStream stream(&file);
    std::vector<v1::AgentMessage> messages;
    v1::AgentMessage message;
    while (google::protobuf::util::ParseDelimitedFromZeroCopyStream(&message, &stream, nullptr)) {
      messages.push_back(std::exchange(message, {}));
    }
    return messages;
  }
};

TEST_P(RecordedAgentTest, DeliversEverythingAtItsTime) {
  const std::vector<v1::AgentMessage> messages = Recorded();
  ASSERT_FALSE(messages.empty());
  clock.Advance(absl::FromUnixMillis(messages[0].hello().wall_ms()) - clock.WallNow());
  FakeTransport& agent = Connect();
  for (const v1::AgentMessage& message : messages) Say(agent, message);
  EXPECT_FALSE(agent.finished.has_value()) << *agent.finished;
  EXPECT_THAT(Stored(recorded::kFirstEpoch + 1), ElementsAre(SequenceInterval{1, recorded::kValuesOfSecondEpoch}));
  EXPECT_THAT(Stored(recorded::kFirstEpoch + 2), ElementsAre(SequenceInterval{1, recorded::kValuesOfThirdEpoch}));
  EXPECT_THAT(Refused(agent), SizeIs(0));
  EXPECT_THAT(Metrics(), HasSubstr("steward_ingest_gap_batches_total{cause=\"too_old\"} 3"));
  EXPECT_FALSE(registry.Find(kId)->inventory_digest.empty());

  SampleQuery query{kId, "recorded_value_1", {}, absl::FromUnixMillis(recorded::kBeginWallMs), clock.WallNow() + absl::Hours(1)};
  std::vector<SamplePoint> points;
  ASSERT_TRUE(storage.Read([&](StorageReader& reader) {
                       const auto found = reader.QuerySamples(query);
                       if (!found.ok()) return found.status();
                       for (const SampleSeries& series : *found) {
                         points.insert(points.end(), series.points.begin(), series.points.end());
                       }
                       return absl::OkStatus();
                     })
                  .ok());
  ASSERT_THAT(points, SizeIs(recorded::kValuesOfSecondEpoch + recorded::kValuesOfThirdEpoch));
  const std::int64_t begin = recorded::kBeginWallMs + 3 * 15'000 + absl::ToInt64Milliseconds(absl::Hours(24 * 15));
  for (std::size_t i = 0; i < points.size(); ++i) {
    const std::int64_t pause = i < recorded::kValuesOfSecondEpoch ? 0 : 120'000;
    EXPECT_EQ(points[i].value, static_cast<double>(recorded::kFirstValue + static_cast<std::int64_t>(i)));
    EXPECT_EQ(points[i].time_ms, begin + pause + 15'000 * static_cast<std::int64_t>(i + 1));
  }
}

INSTANTIATE_TEST_SUITE_P(Versions, RecordedAgentTest, ::testing::Values("0.1"),
                         [](const auto& version) { return "v" + std::to_string(version.index); });

}  // namespace
}  // namespace steward::collector
