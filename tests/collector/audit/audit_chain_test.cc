#include "collector/audit/audit_chain.h"

#include <algorithm>

#include "absl/strings/escaping.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace steward::collector {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::vector<AuditRecord> Trail(std::uint64_t count) {
  std::vector<AuditRecord> trail;
  std::string previous = AuditSeed();
  for (std::uint64_t number = 1; number <= count; ++number) {
    AuditRecord record{.number = number,
                       .time = absl::FromUnixMillis(1'700'000'000'123 + static_cast<std::int64_t>(number)),
                       .actor = "Mari",
                       .action = "acknowledged",
                       .object = "issue 1",
                       .from = "open",
                       .to = "acknowledged",
                       .reason = "",
                       .basis = "disk-space-low/1",
                       .hash = ""};
    record.hash = previous = AuditHash(previous, record);
    trail.push_back(std::move(record));
  }
  return trail;
}

std::vector<std::string> Verify(const std::vector<AuditRecord>& trail, const std::vector<AuditRecord>& written) {
  AuditVerifier verifier;
  for (const AuditRecord& record : trail) verifier.Check(record);
  verifier.CheckEnd(written.back().number, written.back().hash);
  return verifier.faults();
}

TEST(AuditChainTest, AnUntouchedTrailIsWhole) {
  const auto trail = Trail(5);
  EXPECT_THAT(Verify(trail, trail), IsEmpty());
}

// Other programs check exports by this.
TEST(AuditChainTest, TheHashIsWhatTheHeaderSays) {
  AuditRecord record;
  record.number = 1;
  record.time = absl::UnixEpoch();
  EXPECT_EQ(absl::BytesToHexString(AuditHash(AuditSeed(), record)),
            "71f8bc5495dd84e005d1b0589ed7458347181bb91d477f9be24bc0221aa383e2");
  AuditRecord moved = record;
  moved.actor = "a";
  AuditRecord other = record;
  other.action = "a";
  EXPECT_NE(AuditHash(AuditSeed(), moved), AuditHash(AuditSeed(), other)) << "texts cannot flow into each other";
}

TEST(AuditChainTest, AnyAlteredFieldIsFoundAndNamed) {
  const auto written = Trail(5);
  const std::vector<void (*)(AuditRecord&)> changes = {
      [](AuditRecord& r) { r.time += absl::Milliseconds(1); }, [](AuditRecord& r) { r.actor = "Jaan"; },
      [](AuditRecord& r) { r.action = "closed"; },             [](AuditRecord& r) { r.object += "2"; },
      [](AuditRecord& r) { r.from = ""; },                     [](AuditRecord& r) { r.to = ""; },
      [](AuditRecord& r) { r.reason = "so"; },                 [](AuditRecord& r) { r.basis = "disk-space-low/2"; }};
  for (const auto change : changes) {
    auto trail = written;
    change(trail[2]);
    EXPECT_THAT(Verify(trail, written), ElementsAre(HasSubstr("entry 3 is not what was written")));
  }
  // With a hash that fits its new content the next one does not follow.
  auto trail = written;
  trail[2].actor = "Jaan";
  trail[2].hash = AuditHash(trail[1].hash, trail[2]);
  EXPECT_THAT(Verify(trail, written), ElementsAre(HasSubstr("entry 4 is not what was written")));
}

TEST(AuditChainTest, RemovedEntriesAreFoundAndNamed) {
  const auto written = Trail(6);
  auto trail = written;
  trail.erase(trail.begin() + 2, trail.begin() + 4);
  EXPECT_THAT(Verify(trail, written), ElementsAre("entries 3 to 4 are missing"));
  trail = written;
  trail.erase(trail.begin());
  EXPECT_THAT(Verify(trail, written), ElementsAre("entry 1 is missing"));
  trail = written;
  trail.pop_back();
  EXPECT_THAT(Verify(trail, written), ElementsAre("entry 6 is missing at the end"));
  // Renumbered, to hide it.
  trail = written;
  trail.erase(trail.begin() + 2);
  for (std::size_t i = 2; i < trail.size(); ++i) trail[i].number = i + 1;
  EXPECT_THAT(Verify(trail, written)[0], HasSubstr("entry 3 is not what was written"));
}

TEST(AuditChainTest, ReorderedEntriesAreFoundAndNamed) {
  const auto written = Trail(5);
  auto trail = written;
  std::swap(trail[1], trail[2]);
  const auto faults = Verify(trail, written);
  EXPECT_THAT(faults, testing::Contains("entry 2 is out of its place, behind entry 3"));
}

TEST(AuditChainTest, FaultsAreToldOnlySoFar) {
  const auto written = Trail(100);
  auto trail = written;
  for (AuditRecord& record : trail) record.actor = "x";
  EXPECT_EQ(Verify(trail, written).size(), AuditVerifier::kFaultsMax);
}

}  // namespace
}  // namespace steward::collector
