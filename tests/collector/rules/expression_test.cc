// Protects: what an expression means, that missing data judges nothing, and that mistakes are told with their column.
#include "collector/rules/expression.h"

#include <map>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace steward::collector {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// Series by their text; a reading of a selector is kept under "reading text".
class Scope final : public ExpressionScope {
 public:
  explicit Scope(const std::vector<Selector>& selectors) : selectors_(selectors) {}

  Values Read(std::size_t selector, Reading reading) const override {
    const auto found = series.find({selectors_[selector].text, reading});
    return found == series.end() ? Values() : found->second;
  }
  double Level(std::size_t name) const override { return levels[name]; }
  Values Value() const override { return value; }

  std::map<std::pair<std::string, Reading>, Values> series;
  std::vector<double> levels = {10, 80};
  Values value = {42};

 private:
  const std::vector<Selector>& selectors_;
};

class ExpressionTest : public ::testing::Test {
 protected:
  Values Evaluate(std::string_view text) {
    selectors.clear();
    const auto expression = Expression::Parse(text, names, selectors);
    EXPECT_TRUE(expression.ok()) << expression.status();
    return expression.ok() ? expression->Evaluate(scope) : Values();
  }
  std::string Mistake(std::string_view text) {
    selectors.clear();
    return std::string(Expression::Parse(text, names, selectors).status().message());
  }

  std::vector<std::string> names = {"few", "much"};
  std::vector<Selector> selectors;
  Scope scope{selectors};
};

TEST_F(ExpressionTest, CountsAsInSchool) {
  EXPECT_THAT(Evaluate("1 + 2 * 3 - 4 / 2"), ElementsAre(5));
  EXPECT_THAT(Evaluate("-(1 + 2) * -3"), ElementsAre(9));
  EXPECT_THAT(Evaluate("abs(3 - 5)"), ElementsAre(2));
  EXPECT_THAT(Evaluate("2h + 1d"), ElementsAre(7200 + 86400));
  EXPECT_THAT(Evaluate("1.5GB"), ElementsAre(1.5e9));
}

TEST_F(ExpressionTest, ComparesAndJoins) {
  EXPECT_THAT(Evaluate("1 < 2 and 2 >= 2 and not 3 == 4"), ElementsAre(1));
  EXPECT_THAT(Evaluate("1 > 2 or 2 != 2"), ElementsAre(0));
  EXPECT_THAT(Evaluate("value > few and value < much"), ElementsAre(1));
  EXPECT_THAT(Evaluate("1 > 2 and 1 > 2 or 1 < 2"), ElementsAre(1)) << "and binds closer";
}

TEST_F(ExpressionTest, ReadsSeriesAndTheirPast) {
  scope.series[{"node_a", Reading::kLatest}] = {3, 5};
  scope.series[{"node_b{x=\"y\"}", Reading::kLatest}] = {2};
  scope.series[{"node_c[7d]", Reading::kIncrease}] = {4};
  EXPECT_THAT(Evaluate("node_a"), ElementsAre(3, 5));
  EXPECT_THAT(Evaluate("node_a + 1"), ElementsAre(6)) << "the largest of several";
  EXPECT_THAT(Evaluate("sum(node_a) / count(node_a)"), ElementsAre(4));
  EXPECT_THAT(Evaluate("mean(node_a) - min(node_a)"), ElementsAre(1));
  EXPECT_THAT(Evaluate("node_b{x=\"y\"} * increase(node_c[7d])"), ElementsAre(8));
}

TEST_F(ExpressionTest, MissingDataJudgesNothing) {
  scope.series[{"node_a", Reading::kLatest}] = {1};
  EXPECT_THAT(Evaluate("node_none > 1"), IsEmpty());
  EXPECT_THAT(Evaluate("node_none + node_a"), IsEmpty());
  EXPECT_THAT(Evaluate("not node_none"), IsEmpty());
  EXPECT_THAT(Evaluate("node_none == 1 or node_a == 1"), ElementsAre(1));
  EXPECT_THAT(Evaluate("node_none == 1 or node_a == 2"), IsEmpty());
  EXPECT_THAT(Evaluate("node_none == 1 and node_a == 2"), ElementsAre(0));
  EXPECT_THAT(Evaluate("node_none == 1 and node_a == 1"), IsEmpty());
  EXPECT_THAT(Evaluate("default(node_none, 7)"), ElementsAre(7));
  EXPECT_THAT(Evaluate("where(2 > 1, 7)"), ElementsAre(7));
  EXPECT_THAT(Evaluate("where(1 > 2, 7)"), IsEmpty());
  EXPECT_THAT(Evaluate("where(node_none, 7)"), IsEmpty());
  EXPECT_THAT(Evaluate("exists(node_none)"), ElementsAre(0));
  EXPECT_THAT(Evaluate("1 / 0"), IsEmpty());
}

TEST_F(ExpressionTest, OneSelectorIsReadOnce) {
  Evaluate("node_a{x=\"1\"} + node_a{x=\"1\"} + increase(node_c[1h]) + events(node_c[1h])");
  EXPECT_EQ(selectors.size(), 3u) << "a counter from zero is another one";
}

TEST_F(ExpressionTest, NamesMistakesByTheirColumn) {
  EXPECT_EQ(Mistake("vlaue > 3"), "column 1: \"vlaue\" is neither a metric nor a level of this rule; its levels: few, much");
  EXPECT_EQ(Mistake("value > fex"), "column 9: \"fex\" is neither a metric nor a level of this rule; did you mean few?");
  EXPECT_THAT(Mistake("(1 + 2"), HasSubstr("column 7: a \")\" is missing"));
  EXPECT_THAT(Mistake("1 + "), HasSubstr("ends where"));
  EXPECT_THAT(Mistake("1 2"), HasSubstr("\"2\" is not expected"));
  EXPECT_THAT(Mistake("node_a = 1"), HasSubstr("written =="));
  EXPECT_THAT(Mistake("typical(node_a)"), HasSubstr("no function typical; known: rate"));
  EXPECT_THAT(Mistake("increase(node_a)"), HasSubstr("needs a window"));
  EXPECT_THAT(Mistake("rate(node_a[5])"), HasSubstr("5"));
  EXPECT_THAT(Mistake("age(node_a[5m])"), HasSubstr("no window"));
  EXPECT_THAT(Mistake("node_a{x}"), HasSubstr("labels are written"));
  EXPECT_THAT(Mistake("node_a{x=\"y}"), HasSubstr("in quotes"));
  EXPECT_THAT(Mistake("node_a{x=~\"(\"}"), HasSubstr("no pattern"));
  EXPECT_THAT(Mistake("10 miles"), HasSubstr("not expected"));
  EXPECT_THAT(Mistake("10miles"), HasSubstr("no unit"));
}

TEST_F(ExpressionTest, HostileTextIsRefused) {
  EXPECT_THAT(Mistake(std::string(500, '(')), HasSubstr("nested deeper"));
  EXPECT_THAT(Mistake(std::string(500, '-') + "1"), HasSubstr("nested deeper"));
  EXPECT_THAT(Mistake(std::string(2000, '1')), HasSubstr("longer than"));
  EXPECT_THAT(Mistake(std::string("node_a\0", 7)), HasSubstr("not expected"));
  std::string many = "1";
  for (int i = 0; i < 25; ++i) many += " + node_a" + std::to_string(i);
  EXPECT_THAT(Mistake(many), HasSubstr("more than 20 metrics"));
}

}  // namespace
}  // namespace steward::collector
