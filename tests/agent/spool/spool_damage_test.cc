#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <fstream>
#include <iterator>
#include <random>

#include "agent/spool/record.h"
#include "gmock/gmock.h"
#include "tests/agent/spool/spool_fixture.h"

namespace steward::agent {
namespace {

using testing::SizeIs;

std::string ReadFile(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}
void WriteFile(const std::filesystem::path& path, const std::string& data) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << data;
}

class SpoolDamageTest : public SpoolTest {
 protected:
  // Ten batches in one segment that was never sealed; returns its file.
  std::filesystem::path TenBatches() {
    Open();
    AddMany(1, 10);
    spool_.reset();
    return Files(".seg")[0];
  }
};

TEST_F(SpoolDamageTest, ATailTornAtAnyByteCostsTheLastBatchOnly) {
  const std::filesystem::path file = TenBatches();
  const std::string whole = ReadFile(file);
  std::size_t last = 0;
  {
    RecordReader reader(std::string_view(whole).substr(kMagicBytes));
    std::size_t begin = 0;
    while (reader.Next() == RecordReader::Result::kRecord) {
      last = kMagicBytes + begin;
      begin = reader.position();
    }
  }
  for (std::size_t size = last; size < whole.size(); ++size) {
    for (const auto& journal : Files(".journal")) std::filesystem::remove(journal);
    WriteFile(file, whole.substr(0, size));
    Open();
    ASSERT_THAT(ReadWaiting(), SizeIs(9)) << "cut at " << size;
    ASSERT_THAT(spool_->UntoldGaps(), SizeIs(size == last ? 0 : 1)) << "cut at " << size;
    if (size > last) {
      EXPECT_EQ(spool_->UntoldGaps()[0].range, (SequenceSpan{10, 10}));
    }
    EXPECT_THAT(Files(".damaged"), SizeIs(0));
    spool_.reset();
  }
}

TEST_F(SpoolDamageTest, ATailOfZeroesAsAPowerCutLeavesItIsCut) {
  const std::filesystem::path file = TenBatches();
  WriteFile(file, ReadFile(file) + std::string(4096, '\0'));
  Open();
  EXPECT_THAT(ReadWaiting(), SizeIs(10));
  EXPECT_THAT(Files(".damaged"), SizeIs(0));
}

TEST_F(SpoolDamageTest, AFlippedBitInTheMiddleCostsWhatFollowsAndIsDeclared) {
  const std::filesystem::path file = TenBatches();
  std::string data = ReadFile(file);
  data[data.size() / 2] ^= 0x10;
  WriteFile(file, data);
  Open();
  const std::size_t left = ReadWaiting().size();
  EXPECT_GT(left, 1u);
  EXPECT_LT(left, 9u);
  const auto gaps = spool_->UntoldGaps();
  ASSERT_THAT(gaps, SizeIs(1));
  EXPECT_EQ(gaps[0].cause, v1::GapDeclaration::DAMAGED);
  EXPECT_EQ(gaps[0].range, (SequenceSpan{left + 1, 10}));
  EXPECT_THAT(Files(".damaged"), SizeIs(1));
  AddMany(11, 12);
  Open();
  EXPECT_THAT(ReadWaiting(), SizeIs(left + 2)) << "a second start finds nothing new to complain about";
  EXPECT_THAT(spool_->UntoldGaps(), SizeIs(1));
}

TEST_F(SpoolDamageTest, DamageInASealedSegmentIsFoundWhenItIsRead) {
  Open();
  AddMany(1, 10);
  ASSERT_TRUE(spool_->Close().ok());
  Open();
  const std::filesystem::path file = Files(".seg")[0];
  std::string data = ReadFile(file);
  data[data.size() / 2] ^= 0x10;
  WriteFile(file, data);
  const std::size_t left = ReadWaiting().size();
  const auto gaps = spool_->UntoldGaps();
  ASSERT_THAT(gaps, SizeIs(1));
  EXPECT_EQ(gaps[0].range.last, 10u);
  EXPECT_EQ(ReadWaiting().size(), left);
}

TEST_F(SpoolDamageTest, ADeletedSegmentIsDeclared) {
  Open();
  AddMany(1, 10);
  ASSERT_TRUE(spool_->Close().ok());
  spool_.reset();
  std::filesystem::remove(Files(".seg")[0]);
  Open();
  const auto gaps = spool_->UntoldGaps();
  ASSERT_THAT(gaps, SizeIs(1));
  EXPECT_EQ(gaps[0].range, (SequenceSpan{1, 10}));
  EXPECT_EQ(gaps[0].cause, v1::GapDeclaration::DAMAGED);
}

TEST_F(SpoolDamageTest, ADamagedJournalDeclaresNothingTheCollectorKnows) {
  Open();
  AddMany(1, 10);
  spool_->MarkCommitted(100, 1, 10);
  spool_->CutSegment();
  AddMany(11, 12);
  ASSERT_TRUE(spool_->Close().ok());
  spool_.reset();
  std::string data = ReadFile(Files(".journal")[0]);
  data[10] ^= 0x10;
  WriteFile(Files(".journal")[0], data);
  Open();
  EXPECT_THAT(ReadWaiting(), SizeIs(12)) << "offered again; the collector says what it has";
  EXPECT_THAT(spool_->UntoldGaps(), SizeIs(0));
}

TEST_F(SpoolDamageTest, NoBytesHoweverBrokenStopTheStart) {
  std::mt19937 random(11);
  TenBatches();
  spool_.reset();
  for (int round = 0; round < 100; ++round) {
    for (const char* extension : {".seg", ".journal", ".series"}) {
      for (const auto& file : Files(extension)) {
        std::string data = ReadFile(file);
        if (data.empty() || random() % 3 != 0) continue;
        switch (random() % 3) {
          case 0:
            data[random() % data.size()] ^= static_cast<char>(1 << (random() % 8));
            break;
          case 1:
            data.resize(random() % data.size());
            break;
          default:
            data.insert(random() % data.size(), std::string(1 + random() % 40, static_cast<char>(random())));
        }
        WriteFile(file, data);
      }
    }
    Open();
    AddMany(1, 3);
    if (random() % 2 == 0) spool_->MarkCommitted(spool_->epoch(), 1, 2);
    if (random() % 4 == 0) spool_->Close().IgnoreError();
    for (const std::uint64_t ordinal : spool_->WaitingSegments()) {
      auto cursor = spool_->OpenSegment(ordinal);
      while (cursor.ok()) {
        const auto batch = (*cursor)->Next();
        if (!batch.ok() || !batch->has_value()) break;
      }
    }
    spool_.reset();
  }
}

// A child appends without pause and says what it has appended; it is killed at a random moment, many times over. What it
// said must be there, each batch once.
TEST_F(SpoolDamageTest, KillNineAtAnyMomentLosesNothingThatAppendHasReturned) {
  std::mt19937 random(3);
  std::map<std::pair<std::uint64_t, std::uint64_t>, std::int64_t> expected;
  std::int64_t next = 1;
  for (int round = 0; round < 30; ++round) {
    int channel[2];
    ASSERT_EQ(pipe(channel), 0);
    const pid_t child = fork();
    if (child == 0) {
      close(channel[0]);
      next_epoch_ = 1000 + static_cast<std::uint64_t>(round);
      auto opened = Spool::Open(settings_, {clock_, disk_, [this] { return next_epoch_++; }, "boot-a"});
      if (!opened.ok()) _exit(3);
      for (std::int64_t value = next;; ++value) {
        clock_.Advance(absl::Seconds(15));
        const auto sequence = (*opened)->Append(value == next ? TestSeries() : v1::DescriptorSet(),
                                                TestBatch(absl::ToInt64Milliseconds(clock_.BootNow()), value));
        if (!sequence.ok()) _exit(4);
        const std::int64_t said[2] = {static_cast<std::int64_t>(*sequence), value};
        if (write(channel[1], said, sizeof said) != sizeof said) _exit(0);
        if (value % 7 == 0) (*opened)->CutSegment();
      }
    }
    close(channel[1]);
    const std::size_t enough = 1 + random() % 200;
    std::int64_t said[2];
    for (std::size_t i = 0; i < enough && read(channel[0], said, sizeof said) == sizeof said; ++i) {
      expected[{1000 + static_cast<std::uint64_t>(round), static_cast<std::uint64_t>(said[0])}] = said[1];
    }
    kill(child, SIGKILL);
    while (read(channel[0], said, sizeof said) == sizeof said) {
      expected[{1000 + static_cast<std::uint64_t>(round), static_cast<std::uint64_t>(said[0])}] = said[1];
    }
    int status = 0;
    waitpid(child, &status, 0);
    ASSERT_TRUE(WIFSIGNALED(status)) << "child ended by itself with " << WEXITSTATUS(status);
    close(channel[0]);
    next = expected.rbegin()->second + 100;
    clock_.Advance(absl::Hours(1));
  }
  next_epoch_ = 5000;
  Open();
  const auto found = ReadWaiting();
  for (const auto& [key, value] : expected) {
    const auto it = found.find(key);
    ASSERT_TRUE(it != found.end()) << "epoch " << key.first << " batch " << key.second << " is lost";
    EXPECT_EQ(it->second, value);
  }
  EXPECT_LE(found.size(), expected.size() + 30) << "one batch a round may have been written and not told";
  EXPECT_THAT(spool_->UntoldGaps(), SizeIs(0));
  EXPECT_THAT(Files(".damaged"), SizeIs(0));
}

}  // namespace
}  // namespace steward::agent
