// What the spool's tests share: a spool in its own directory, filled with a few life-like series, and a reader that decodes
// what it holds as the collector would.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "agent/spool/spool.h"
#include "base/manual_clock.h"
#include "gtest/gtest.h"
#include "proto/wire/descriptor.h"
#include "proto/wire/segment_codec.h"
#include "tests/support/fault_disk.h"
#include "tests/support/temp_dir.h"

namespace steward::agent {

inline constexpr int kTestSeries = 5;

inline v1::DescriptorSet TestSeries() {
  v1::DescriptorSet set;
  v1::ProbeGroup* group = set.add_groups();
  group->set_id(1);
  group->set_name("test");
  group->set_interval_ms(15'000);
  for (int i = 1; i <= kTestSeries; ++i) {
    v1::SeriesDescriptor* series = set.add_series();
    series->set_id(static_cast<std::uint32_t>(i));
    series->set_group(1);
    series->set_metric("test_value_" + std::to_string(i));
    series->set_type(v1::METRIC_TYPE_GAUGE);
    series->set_kind(i == kTestSeries ? v1::VALUE_KIND_DOUBLE : v1::VALUE_KIND_INTEGER);
  }
  return set;
}

inline wire::SampleBatch TestBatch(std::int64_t boot_ms, std::int64_t value) {
  wire::SampleBatch batch;
  batch.boot_ms = boot_ms;
  wire::GroupSample& group = batch.groups.emplace_back();
  group.group = 1;
  for (std::uint32_t i = 1; i < kTestSeries; ++i) group.values.push_back({i, value * i});
  group.values.push_back({kTestSeries, wire::RawFromDouble(0.5 * static_cast<double>(value))});
  return batch;
}

class SpoolTest : public testing::Test {
 protected:
  void Open() {
    spool_.reset();
    auto spool = Spool::Open(settings_, {clock_, disk_, [this] { return next_epoch_++; }, "boot-a"});
    ASSERT_TRUE(spool.ok()) << spool.status();
    spool_ = *std::move(spool);
    first_ = true;
  }

  // One batch an interval; its value is what ReadAll gives back.
  absl::StatusOr<std::uint64_t> Add(std::int64_t value) {
    clock_.Advance(absl::Seconds(15));
    return spool_->Append(std::exchange(first_, false) ? TestSeries() : v1::DescriptorSet(),
                          TestBatch(absl::ToInt64Milliseconds(clock_.BootNow()), value));
  }
  void AddMany(std::int64_t first, std::int64_t last) {
    for (std::int64_t value = first; value <= last; ++value) ASSERT_TRUE(Add(value).ok());
  }

  // Everything that waits, decoded: (epoch, sequence) to the value of the first series.
  std::map<std::pair<std::uint64_t, std::uint64_t>, std::int64_t> ReadWaiting() {
    std::map<std::pair<std::uint64_t, std::uint64_t>, std::int64_t> values;
    for (const std::uint64_t ordinal : spool_->WaitingSegments()) {
      auto cursor = spool_->OpenSegment(ordinal);
      if (!cursor.ok()) continue;
      wire::DescriptorTable table;
      std::uint64_t offset = 0;
      auto sets = spool_->ReadDescriptors((*cursor)->epoch(), offset);
      EXPECT_TRUE(sets.ok());
      for (const v1::DescriptorSet& set : *sets) EXPECT_TRUE(table.Add(set).ok());
      wire::SegmentDecoder decoder(table);
      while (true) {
        auto batch = (*cursor)->Next();
        if (!batch.ok() || !batch->has_value()) break;
        wire::DecodedBatch decoded;
        const absl::Status status = decoder.Decode((*batch)->samples(), decoded);
        EXPECT_TRUE(status.ok()) << status;
        if (!status.ok()) break;
        if (spool_->IsSettled((*cursor)->epoch(), (*batch)->sequence())) continue;
        values[{(*cursor)->epoch(), (*batch)->sequence()}] = decoded.groups[0].values[0].value;
      }
    }
    return values;
  }

  std::vector<std::filesystem::path> Files(const std::string& extension) const {
    std::vector<std::filesystem::path> files;
    for (const auto& entry : std::filesystem::directory_iterator(settings_.directory)) {
      if (entry.path().extension() == extension) files.push_back(entry.path());
    }
    std::sort(files.begin(), files.end());
    return files;
  }

  TempDir directory_;
  ManualClock clock_{absl::FromUnixSeconds(1'800'000'000)};
  FaultDisk disk_;
  std::uint64_t next_epoch_ = 100;
  SpoolSettings settings_{.directory = directory_.path() / "spool"};
  std::unique_ptr<Spool> spool_;
  bool first_ = true;
};

}  // namespace steward::agent
