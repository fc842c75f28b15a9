// Data directories of released versions stay readable: tests/fixtures/data/schema-N.db.zst were written by the programs
// of their time with what Fill writes, and are never made again. STEWARD_WRITE_FIXTURE=FILE writes one of today.
#include <zstd.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <map>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "collector/storage/sqlite/sqlite_storage.h"
#include "tests/collector/storage/sample_writer.h"
#include "tests/collector/storage/storage_contract.h"

namespace steward::collector {
namespace {

constexpr int kMachines = 3;
constexpr int kMinutes = 300;        // 5 h: folded hours and a log
constexpr int kEpochMinutes = 140;   // then the agent was started again
constexpr int kSegmentMinutes = 15;
constexpr int kFast = 14;            // series sampled every minute; the rest every fourth
constexpr int kSeries = 20;
constexpr int kEndsAt = 200;         // minute at which series 3 ends
constexpr int kMissing = 37;         // minute of machine 2 that never came: what follows it in its segment is unreadable

std::string MachineName(int machine) { return absl::StrCat("fixture", machine); }
std::string FixtureMachine(int machine) { return absl::StrCat("aaaaaaaa-0000-4000-8000-00000000000", machine); }
std::uint64_t EpochOf(int machine, int minute) {
  return 0x8000'0000'0000'0000 + static_cast<std::uint64_t>(10 * machine + (minute < kEpochMinutes ? 0 : 1));
}
// Starts in the middle of an hour; whole seconds.
absl::Time TimeOf(int minute) { return At(60.0 * minute); }
std::int64_t Value(int machine, int series, int minute) {
  if (series % 5 == 0) return 1'000'000'000LL * (machine + 1);                   // constant
  if (series % 5 == 1) return 1'000LL * minute * series + machine;               // counter
  return (minute * 7919 + series * 104'729 + machine * 1'299'709) % 1'000 - 500;  // noise
}
bool IsLive(int series, int minute) { return series != 3 || minute < kEndsAt; }
bool IsSampled(int series, int minute) { return series < kFast || minute % 4 == 0; }
bool IsReadable(int machine, int minute) {
  return machine != 2 || minute < kMissing || minute >= kMissing / kSegmentMinutes * kSegmentMinutes + kSegmentMinutes;
}

absl::Status FillMachine(StorageTransaction& t, int machine) {
  MachineRecord record = TestMachine(FixtureMachine(machine), MachineName(machine));
  if (absl::Status status = t.PutMachine(record); !status.ok()) return status;
  v1::Inventory inventory;
  inventory.set_digest("digest");
  v1::Fact* fact = inventory.add_facts();
  fact->set_group("os");
  fact->set_key("name");
  fact->set_value("Debian");
  return t.PutInventory(record.id, inventory, At(5));
}

absl::Status FillIssue(StorageTransaction& t) {
  IssueRecord issue;
  issue.issue.set_id("i1");
  issue.issue.set_type("disk-space-low");
  issue.issue.set_machine_id(FixtureMachine(0));
  issue.issue.set_state("open");
  issue.dedupe_key = "m/disk-space-low//";
  absl::Status status = t.PutIssue(issue);
  if (status.ok()) status = t.AddIssueEvent({"i1", At(60), "rules", "open", "pending", "open", "full"});
  OutboxRecord delivery;
  delivery.idempotency_key = "key";
  delivery.channel = "partner";
  delivery.event = "opened";
  delivery.issue_id = "i1";
  delivery.created_time = delivery.next_attempt_time = At(61);
  if (status.ok()) status = t.AddDelivery(delivery);
  if (status.ok()) status = t.PutSetting("fixture", "kept");
  return status;
}

absl::Status FillSamples(Storage& storage, int machine) {
  std::unique_ptr<SampleWriter> writer;
  for (int minute = 0; minute < kMinutes; ++minute) {
    const bool first = minute == 0 || minute == kEpochMinutes;
    if (first) {
      writer = std::make_unique<SampleWriter>(FixtureMachine(machine), EpochOf(machine, minute));
      for (int series = 0; series < kSeries; ++series) {
        writer->AddSeries("metric", {{"series", absl::StrCat(series)}}, series < kFast ? 1 : 2, series == 4 ? 100 : 1);
      }
    }
    if (minute % kSegmentMinutes == 0) writer->CutSegment();
    std::map<std::uint32_t, std::int64_t> values;
    for (int series = 0; series < kSeries; ++series) {
      if (!IsLive(series, minute) || !IsSampled(series, minute)) continue;
      values[static_cast<std::uint32_t>(series) + 1] = Value(machine, series, minute);
    }
    const BatchRecord batch = writer->Next(TimeOf(minute), values);
    if (machine == 2 && minute == kMissing) continue;
    const absl::Status status = storage.WriteAndWait([&](StorageTransaction& t) {
      absl::Status result = first ? t.AddDescriptors(FixtureMachine(machine), writer->descriptors()) : absl::OkStatus();
      return result.ok() ? t.AppendBatch(batch).status() : result;
    });
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::Status Fill(Storage& storage) {
  absl::Status status = storage.WriteAndWait([](StorageTransaction& t) {
    absl::Status result = FillIssue(t);
    for (int machine = 0; result.ok() && machine < kMachines; ++machine) result = FillMachine(t, machine);
    return result;
  });
  for (int machine = 0; status.ok() && machine < kMachines; ++machine) status = FillSamples(storage, machine);
  return status;
}

std::string ReadFile(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  EXPECT_TRUE(file) << path;
  return {std::istreambuf_iterator<char>(file), {}};
}

void WriteFile(const std::filesystem::path& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
}

void Unpack(const std::filesystem::path& from, const std::filesystem::path& to) {
  const std::string packed = ReadFile(from);
  std::string bytes(ZSTD_getFrameContentSize(packed.data(), packed.size()), '\0');
  ASSERT_EQ(ZSTD_decompress(bytes.data(), bytes.size(), packed.data(), packed.size()), bytes.size());
  WriteFile(to, bytes);
}

std::vector<SamplePoint> ExpectedPoints(int machine, int series) {
  std::vector<SamplePoint> points;
  for (int minute = 0; minute < kMinutes; ++minute) {
    if (!IsLive(series, minute) || !IsSampled(series, minute) || !IsReadable(machine, minute)) continue;
    const auto value = static_cast<double>(Value(machine, series, minute));
    points.push_back({absl::ToUnixMillis(TimeOf(minute)), series == 4 ? value / 100 : value});
  }
  return points;
}

void ExpectSamples(StorageReader& reader, int machine, int series) {
  const auto found = reader.QuerySamples({FixtureMachine(machine), "metric", {{"series", absl::StrCat(series)}},
                                          absl::FromUnixMillis(0), absl::InfiniteFuture()});
  ASSERT_TRUE(found.ok()) << found.status();
  ASSERT_EQ(found->size(), 1u);
  const std::vector<SamplePoint> expected = ExpectedPoints(machine, series);
  const std::vector<SamplePoint>& points = found->front().points;
  ASSERT_EQ(points.size(), expected.size()) << machine << " " << series;
  for (std::size_t i = 0; i < points.size(); ++i) {
    ASSERT_EQ(points[i].time_ms, expected[i].time_ms);
    ASSERT_EQ(points[i].value, expected[i].value);
  }
}

void ExpectRecords(StorageReader& reader) {
  EXPECT_EQ(reader.ListMachines()->size(), static_cast<std::size_t>(kMachines));
  EXPECT_EQ(reader.GetMachine(FixtureMachine(1))->last_seen_time, TimeOf(kMinutes - 1));
  EXPECT_EQ(reader.ListFacts(FixtureMachine(0))->front().value, "Debian");
  EXPECT_EQ(reader.GetIssue("i1")->issue.type(), "disk-space-low");
  EXPECT_EQ(reader.ListIssueEvents("i1")->front().reason, "full");
  EXPECT_EQ(reader.WaitingDeliveries()->front().channel, "partner");
  EXPECT_EQ(*reader.GetSetting("fixture"), "kept");
  EXPECT_THAT(*reader.CommittedIntervals(FixtureMachine(2), EpochOf(2, 0)),
              testing::ElementsAre(SequenceInterval{1, kMissing}, SequenceInterval{kMissing + 2, kEpochMinutes}));
  EXPECT_THAT(*reader.CommittedIntervals(FixtureMachine(2), EpochOf(2, kMinutes)),
              testing::ElementsAre(SequenceInterval{1, kMinutes - kEpochMinutes}));
}

class DataFixtureTest : public testing::TestWithParam<std::string> {};

TEST_P(DataFixtureTest, OpensAndHasItsData) {
  const TemporaryFolder folder;
  const auto path = folder.path() / "collector.db";
  Unpack(std::filesystem::path(STEWARD_SOURCE_DIR) / "tests/fixtures/data" / GetParam(), path);
  for (int opened = 0; opened < 2; ++opened) {  // as it was, and as this version has left it
    auto storage = OpenSqliteStorage(path);
    ASSERT_TRUE(storage.ok()) << storage.status();
    ASSERT_TRUE((*storage)->Read([](StorageReader& reader) {
      ExpectRecords(reader);
      for (int machine = 0; machine < kMachines; ++machine) {
        for (int series = 0; series < kSeries; ++series) ExpectSamples(reader, machine, series);
      }
      return absl::OkStatus();
    }).ok());
  }
  EXPECT_TRUE(CheckSqliteStorage(path).ok());
}

INSTANTIATE_TEST_SUITE_P(Every, DataFixtureTest, testing::Values("schema-1.db.zst"),
                         [](const auto& fixture) { return "Schema" + fixture.param.substr(7, 1); });

TEST(DataFixture, CanBeWritten) {
  const TemporaryFolder folder;
  const auto path = folder.path() / "collector.db";
  {
    auto storage = OpenSqliteStorage(path);
    ASSERT_TRUE(storage.ok());
    const absl::Status filled = Fill(**storage);
    ASSERT_TRUE(filled.ok()) << filled;
  }
  if (const char* to = std::getenv("STEWARD_WRITE_FIXTURE")) {
    const std::string bytes = ReadFile(path);
    std::string packed(ZSTD_compressBound(bytes.size()), '\0');
    packed.resize(ZSTD_compress(packed.data(), packed.size(), bytes.data(), bytes.size(), 19));
    WriteFile(to, packed);
  }
}

}  // namespace
}  // namespace steward::collector
