// Spools that earlier versions of the agent left behind, opened by this one.
#include <filesystem>
#include <map>
#include <string>

#include "agent/spool/spool.h"
#include "base/manual_clock.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "proto/wire/descriptor.h"
#include "proto/wire/segment_codec.h"
#include "tests/fixtures/uplink/recorded.h"
#include "tests/support/temp_dir.h"

namespace steward::agent {
namespace {

class RecordedSpoolTest : public testing::TestWithParam<std::string> {
 protected:
  RecordedSpoolTest() {
    const std::filesystem::path source = std::filesystem::path(STEWARD_SOURCE_DIR) / "tests/fixtures/uplink" / GetParam() / "spool";
    std::filesystem::copy(source, directory_.path() / "spool");
    SpoolSettings settings;
    settings.directory = directory_.path() / "spool";
    auto spool = Spool::Open(settings, {clock_, *disk_, [] { return std::uint64_t{4711}; }, "another-boot"});
    if (!spool.ok()) std::abort();
    spool_ = *std::move(spool);
  }

  // Of a segment: sequence to the value of the first series.
  std::map<std::uint64_t, std::int64_t> Read(std::uint64_t ordinal) {
    std::map<std::uint64_t, std::int64_t> values;
    auto cursor = spool_->OpenSegment(ordinal);
    if (!cursor.ok()) return values;
    wire::DescriptorTable table;
    std::uint64_t offset = 0;
    auto sets = spool_->ReadDescriptors((*cursor)->epoch(), offset);
    EXPECT_TRUE(sets.ok());
    for (const v1::DescriptorSet& set : *sets) EXPECT_TRUE(table.Add(set).ok());
    wire::SegmentDecoder decoder(table);
    wire::DecodedBatch decoded;
    for (auto batch = (*cursor)->Next(); batch.ok() && batch->has_value(); batch = (*cursor)->Next()) {
      EXPECT_TRUE(decoder.Decode((*batch)->samples(), decoded).ok());
      values[(*batch)->sequence()] = decoded.groups.at(0).values.at(0).value;
    }
    return values;
  }

  TempDir directory_;
  ManualClock clock_{absl::FromUnixMillis(recorded::kBeginWallMs) + absl::Hours(24 * 15) + absl::Hours(1)};
  std::unique_ptr<SpoolDisk> disk_ = NewPosixSpoolDisk();
  std::unique_ptr<Spool> spool_;
};

TEST_P(RecordedSpoolTest, GivesWhatWaitsAndRemembersWhatWasAcknowledgedAndGivenUp) {
  const auto waiting = spool_->WaitingSegments();
  ASSERT_EQ(waiting.size(), 2u);
  std::map<std::uint64_t, std::int64_t> expected;
  for (std::uint64_t i = 1; i <= 7; ++i) expected[i] = recorded::kFirstValue + static_cast<std::int64_t>(i) - 1;
  EXPECT_EQ(Read(waiting[0]), expected);
  expected.clear();
  for (std::uint64_t i = 1; i <= recorded::kValuesOfThirdEpoch; ++i) {
    expected[i] = recorded::kFirstValue + recorded::kValuesOfSecondEpoch + static_cast<std::int64_t>(i) - 1;
  }
  EXPECT_EQ(Read(waiting[1]), expected);
  EXPECT_TRUE(spool_->IsSettled(recorded::kFirstEpoch + 1, 8));
  EXPECT_EQ(spool_->previous_boot_id(), recorded::kBootId);
  ASSERT_EQ(spool_->UntoldGaps().size(), 1u);
  EXPECT_EQ(spool_->UntoldGaps()[0].epoch, recorded::kFirstEpoch);
  EXPECT_EQ(spool_->UntoldGaps()[0].range.last, 3u);
  EXPECT_EQ(spool_->UntoldGaps()[0].cause, v1::GapDeclaration::TOO_OLD);
}

INSTANTIATE_TEST_SUITE_P(Versions, RecordedSpoolTest, testing::Values("0.1"),
                         [](const auto& version) { return "v" + std::to_string(version.index); });

}  // namespace
}  // namespace steward::agent
