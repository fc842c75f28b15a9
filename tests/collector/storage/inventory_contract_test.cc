// Facts: first and last seen, and an entry for each change.
#include <map>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "tests/collector/storage/storage_kinds.h"

namespace steward::collector {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class InventoryContract : public StorageContract {
 protected:
  using Facts = std::map<std::pair<std::string, std::string>, std::string>;

  absl::Status Put(const Facts& facts, absl::Time now, const std::string& note = "") {
    v1::Inventory inventory;
    for (const auto& [key, value] : facts) {
      v1::Fact* fact = inventory.add_facts();
      fact->set_group(key.first);
      fact->set_key(key.second);
      fact->set_value(value);
    }
    inventory.set_digest("digest");
    if (!note.empty()) {
      v1::SourceNote* added = inventory.add_notes();
      added->set_group("disk");
      added->set_note(note);
    }
    return Write([&](StorageTransaction& t) { return t.PutInventory(kMachine, inventory, now); });
  }
  std::vector<std::string> LiveFacts() {
    std::vector<std::string> result;
    const auto facts = Read([](StorageReader& r) { return r.ListFacts(kMachine); });
    for (const FactRecord& fact : *facts) {
      result.push_back(absl::StrCat(fact.group, "/", fact.key, "=", fact.value, " ",
                                    absl::ToInt64Seconds(fact.first_seen_time - At(0)), "..",
                                    absl::ToInt64Seconds(fact.last_seen_time - At(0))));
    }
    return result;
  }
  std::vector<std::string> Changes(std::size_t max = 100) {
    std::vector<std::string> result;
    const auto changes = Read([&](StorageReader& r) { return r.ListChanges(kMachine, max); });
    for (const ChangeRecord& change : *changes) {
      result.push_back(absl::StrCat(absl::ToInt64Seconds(change.time - At(0)), " ", change.group, "/", change.key, " ",
                                    change.old_value.value_or("-"), ">", change.new_value.value_or("-")));
    }
    return result;
  }
};

TEST_P(InventoryContract, OneFactIsFoundByItsName) {
  PutMachine();
  ASSERT_TRUE(Put({{{"os", "name"}, "Debian"}, {{"check", "raid"}, "ok"}}, At(10)).ok());
  const auto value = [&](std::string_view machine, std::string_view group, std::string_view key) {
    return Read([&](StorageReader& r) { return r.FactValue(machine, group, key); });
  };
  EXPECT_EQ(*value(kMachine, "check", "raid"), "ok");
  EXPECT_TRUE(absl::IsNotFound(value(kMachine, "check", "name").status()));
  EXPECT_TRUE(absl::IsNotFound(value("none", "check", "raid").status()));
  ASSERT_TRUE(Put({{{"os", "name"}, "Debian"}}, At(20)).ok());
  EXPECT_TRUE(absl::IsNotFound(value(kMachine, "check", "raid").status())) << "it has ended";
}

TEST_P(InventoryContract, NotesNoChangesForTheFirstSet) {
  PutMachine();
  ASSERT_TRUE(Put({{{"os", "name"}, "Debian"}, {{"memory", "bytes"}, ""}}, At(10)).ok());
  EXPECT_THAT(LiveFacts(), ElementsAre("memory/bytes= 10..10", "os/name=Debian 10..10"));
  EXPECT_THAT(Changes(), IsEmpty());
  EXPECT_EQ(Read([](StorageReader& r) { return r.GetMachine(kMachine); })->inventory_digest, "digest");
}

TEST_P(InventoryContract, NotesWhatChanged) {
  PutMachine();
  ASSERT_TRUE(Put({{{"a", "stays"}, "1"}, {{"b", "changes"}, "1"}, {{"c", "ends"}, "1"}}, At(10)).ok());
  ASSERT_TRUE(Put({{{"a", "stays"}, "1"}, {{"b", "changes"}, "2"}, {{"d", "begins"}, "1"}}, At(20)).ok());
  EXPECT_THAT(LiveFacts(), ElementsAre("a/stays=1 10..20", "b/changes=2 10..20", "d/begins=1 20..20"));
  EXPECT_THAT(Changes(), ElementsAre("20 d/begins ->1", "20 c/ends 1>-", "20 b/changes 1>2"));
  ASSERT_TRUE(Put({}, At(30)).ok());
  EXPECT_THAT(LiveFacts(), IsEmpty());
  EXPECT_THAT(Changes(2), ElementsAre("30 d/begins 1>-", "30 b/changes 2>-"));
  ASSERT_TRUE(Put({{{"a", "stays"}, "1"}}, At(40)).ok());  // an empty set was a set
  EXPECT_THAT(Changes(1), ElementsAre("40 a/stays ->1"));
}

TEST_P(InventoryContract, KeepsTheNotesOfTheLastSet) {
  PutMachine();
  ASSERT_TRUE(Put({}, At(10), "not permitted").ok());
  auto notes = Read([](StorageReader& r) { return r.ListInventoryNotes(kMachine); });
  ASSERT_EQ(notes->size(), 1u);
  EXPECT_EQ(notes->front().group(), "disk");
  EXPECT_EQ(notes->front().note(), "not permitted");
  ASSERT_TRUE(Put({}, At(20)).ok());
  EXPECT_THAT(*Read([](StorageReader& r) { return r.ListInventoryNotes(kMachine); }), IsEmpty());
}

TEST_P(InventoryContract, RefusesAFactThatIsThereTwiceAndUnknownMachines) {
  EXPECT_EQ(Put({}, At(1)).code(), absl::StatusCode::kNotFound);
  PutMachine();
  v1::Inventory inventory;
  for (int i = 0; i < 2; ++i) inventory.add_facts()->set_key("twice");
  const auto put = [&](StorageTransaction& t) { return t.PutInventory(kMachine, inventory, At(1)); };
  EXPECT_EQ(Write(put).code(), absl::StatusCode::kInvalidArgument);
}

TEST_P(InventoryContract, TakesThousandsOfPackages) {
  PutMachine();
  Facts facts;
  for (int i = 0; i < 3000; ++i) facts[{"package", absl::StrCat("lib", i)}] = "1.0";
  ASSERT_TRUE(Put(facts, At(10)).ok());
  facts[{"package", "lib77"}] = "1.1";
  ASSERT_TRUE(Put(facts, At(20)).ok());
  EXPECT_THAT(Changes(), ElementsAre("20 package/lib77 1.0>1.1"));
  EXPECT_EQ(Read([](StorageReader& r) { return r.ListFacts(kMachine); })->size(), 3000u);
}

INSTANTIATE_TEST_SUITE_P(Every, InventoryContract, testing::ValuesIn(StorageKinds()), KindName);

}  // namespace
}  // namespace steward::collector
