#include "collector/ctl/table.h"

#include <gtest/gtest.h>

#include <sstream>

namespace steward::collector {
namespace {

std::string Printed(const Table& table, bool colours = false) {
  std::ostringstream out;
  table.Print(out, colours);
  return out.str();
}

TEST(TableTest, ColumnsAreAsWideAsTheirContent) {
  Table table({"NAME", "N"});
  table.AddRow({"büro-pc", "1"});
  table.AddRow({"x", "22"});
  EXPECT_EQ(Printed(table), "NAME     N\nbüro-pc  1\nx        22\n");
}

TEST(TableTest, ColoursAppearOnlyWhereSomebodyLooks) {
  Table table({"A"});
  table.AddRow({Cell("up", Colour::kGood)});
  EXPECT_EQ(Printed(table).find('\033'), std::string::npos);
  EXPECT_NE(Printed(table, true).find("\033[32mup\033[0m"), std::string::npos);
}

TEST(TableTest, WhatAMachineSendsCannotSteerTheTerminal) {
  Table table({"A"});
  table.AddRow({"a\033[2Jb\nc\x7f"});
  EXPECT_EQ(Printed(table), "A\na?[2Jb?c?\n");
  EXPECT_EQ(Printable("x\xc2\x9bm \xc2\xa9"), "x?m \xc2\xa9");
}

}  // namespace
}  // namespace steward::collector
