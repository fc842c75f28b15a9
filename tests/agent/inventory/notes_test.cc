// An agent that starts anew does not take back what it said before until it knows better.
#include "agent/inventory/notes.h"

#include <string>

#include "base/text.h"
#include "gtest/gtest.h"

namespace steward::agent {
namespace {

std::string Told(const NoteBoard& board, const std::function<InventoryGroup(std::string_view)>& kept) {
  std::vector<InventoryGroup> groups;
  AddNotes(board, kept, groups);
  std::string told;
  for (const InventoryGroup& group : groups) {
    for (const Fact& fact : group.facts) StrAppend(&told, group.group, "/", fact.key, "=", fact.value, ";");
  }
  return told;
}

InventoryGroup Kept(std::string_view group) {
  if (group == "failure") return {"failure", {{"backup.service", "given up"}}, ""};
  if (group == "space") return {"space", {{"/", "12 GB /var/log"}}, ""};
  return {std::string(group), {}, "not asked yet"};
}

TEST(Notes, WhatNobodyHasSaidSinceTheStartIsAsItWas) {
  NoteBoard board;
  EXPECT_EQ(Told(board, Kept), "failure/backup.service=given up;space//=12 GB /var/log;");
  board.Set("failure", {});
  board.Set("check", {{"raid", "ok", "ok: fine"}});
  EXPECT_EQ(Told(board, Kept), "check/raid=ok: fine;space//=12 GB /var/log;") << "no service has failed any more";
}

TEST(Notes, LaterOnlyWhatIsSaidCounts) {
  NoteBoard board;
  EXPECT_EQ(Told(board, {}), "");
  board.Set("space", {{"/", "", "13 GB /var/log"}});
  EXPECT_EQ(Told(board, {}), "space//=13 GB /var/log;");
}

}  // namespace
}  // namespace steward::agent
