#include "collector/latest/text_format.h"

#include <gtest/gtest.h>

#include <charconv>
#include <cmath>
#include <limits>

namespace steward::collector {
namespace {

std::string Number(double value) {
  std::string text;
  AppendNumber(value, text);
  return text;
}

TEST(TextFormatTest, NumbersAreAsShortAsTheyCanBe) {
  const std::pair<double, const char*> cases[] = {
      {0, "0"},
      {-0.0, "-0"},
      {1, "1"},
      {-42, "-42"},
      {0.1, "0.1"},
      {1.5, "1.5"},
      {-1.05, "-1.05"},
      {12.345, "12.345"},
      {123456.000001, "123456.000001"},
      {999999999999.999, "999999999999.999"},
      {99999999999999.98, "99999999999999.98"},
      {1732258800.123, "1732258800.123"},
      {1e15, "1000000000000000"},
      {9007199254740992.0, "9007199254740992"},
      {1e300, "1e+300"},
      {1e-7, "1e-07"},
      {0.30000000000000004, "0.30000000000000004"},
      {std::numeric_limits<double>::quiet_NaN(), "NaN"},
      {std::numeric_limits<double>::infinity(), "+Inf"},
      {-std::numeric_limits<double>::infinity(), "-Inf"},
  };
  for (const auto& [value, text] : cases) EXPECT_EQ(Number(value), text);
}

TEST(TextFormatTest, EveryNumberReadsBackAsItself) {
  double value = 5e-324;
  while (std::isfinite(value)) {
    EXPECT_EQ(std::strtod(Number(value).c_str(), nullptr), value);
    EXPECT_EQ(std::strtod(Number(-value).c_str(), nullptr), -value);
    EXPECT_LE(Number(-value).size(), kNumberBytesMax);
    value *= 1.7;
    if (value < 1e-300) value *= 3;
  }
}

TEST(TextFormatTest, DecimalsReadBackAsThemselvesAndAreNoLongerThanToCharsMakesThem) {
  std::uint64_t state = 1;
  for (int i = 0; i < 200'000; ++i) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    const double value = static_cast<double>(state >> (11 + i % 40)) / (i % 3 == 0 ? 100.0 : i % 3 == 1 ? 1e3 : 1e6);
    const std::string text = Number(value);
    ASSERT_EQ(std::strtod(text.c_str(), nullptr), value) << text;
    char shortest[64];
    const auto end = std::to_chars(shortest, shortest + sizeof shortest, value, std::chars_format::fixed).ptr;
    ASSERT_LE(text.size(), static_cast<std::size_t>(end - shortest)) << text;
  }
}

TEST(TextFormatTest, LabelValuesAreEscaped) {
  std::string out;
  AppendLabel("path", "C:\\DIR\n\"x\"", out);
  EXPECT_EQ(out, R"(path="C:\\DIR\n\"x\"")");
}

TEST(TextFormatTest, HelpIsEscapedAndLeftOutIfThereIsNone) {
  std::string out;
  AppendFamilyHeader("a", "back\\slash\nnext \"line\"", "gauge", out);
  AppendFamilyHeader("b", "", "counter", out);
  EXPECT_EQ(out, "# HELP a back\\\\slash\\nnext \"line\"\n# TYPE a gauge\n# TYPE b counter\n");
}

}  // namespace
}  // namespace steward::collector
