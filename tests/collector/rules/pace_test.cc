// Protects: what the evidence of a worn disk or battery says of the time that is left holds the truth.
#include <cmath>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "collector/rules/catalogue.h"
#include "collector/rules/threshold_rule.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/observed_machine.h"

namespace steward::collector {
namespace {

const absl::Time kStart = absl::FromUnixSeconds(1'764'547'200);

std::unique_ptr<Rule> CatalogueRule(std::string_view type) {
  for (RuleDefinition& definition : CatalogueRules()) {
    if (definition.type == type) return MakeThresholdRule(std::move(definition));
  }
  return nullptr;
}

// A machine of which one rule sees one group of series.
class PaceTest : public testing::Test {
 protected:
  void Begin(std::string_view type, std::string_view machine_class, std::string label, std::string value) {
    rule_ = CatalogueRule(type);
    machine_ = std::make_unique<ObservedMachine>(ObservedMachine::Record("pc", "1", "Head office", std::string(machine_class)));
    machine_->AddGroup(1, absl::Hours(6));
    labels_ = {{std::move(label), std::move(value)}};
    tracker_ = std::make_unique<SeriesTracker>();
    series_.clear();
  }
  void Add(std::string metric) { series_.push_back(machine_->AddSeries(1, std::move(metric), labels_)); }

  void Sample(absl::Time time, const std::vector<double>& values) {
    ObservedGroup group{1, {}};
    for (std::size_t i = 0; i < series_.size(); ++i) group.values.push_back({series_[i], values[i]});
    tracker_->Update(machine_->At(time, {group}), {&rule_->inputs(), 1});
    findings_.clear();
    rule_->JudgeSample({machine_->record(), time, {}, *tracker_, 0}, RuleSettings(rule_->thresholds(), {}), findings_);
  }
  double Detail(const std::string& name) {
    double number = NAN;
    EXPECT_EQ(findings_.size(), 1u);
    if (findings_.empty() || !absl::SimpleAtod(findings_.front().details[name], &number)) return NAN;
    return number;
  }

  std::unique_ptr<Rule> rule_;
  std::unique_ptr<ObservedMachine> machine_;
  std::unique_ptr<SeriesTracker> tracker_;
  std::map<std::string, std::string> labels_;
  std::vector<std::uint32_t> series_;
  std::vector<Finding> findings_;
};

// Disks of all paces, telling whole percents, rounded or cut off. A line through the last hours, as peers draw it, sees a
// counter that stands still and says never.
TEST_F(PaceTest, TheEndOfADiskLiesInItsRange) {
  std::mt19937_64 random(20261124);
  std::uniform_real_distribution<double> years(1, 9), now(0.8, 0.99);
  for (int disk = 0; disk < 200; ++disk) {
    Begin("disk-wear-high", "server", "device", "sda");
    Add("smartctl_device_percentage_used");
    Add("smartctl_device_power_on_seconds");
    const double life = years(random) * 365.25, age = life * now(random);
    const double used = 100 * age / life;
    Sample(kStart, {disk % 2 == 0 ? std::floor(used) : std::round(used), age * 86400});
    const double least = Detail("at least"), most = Detail("at most"), middle = Detail("days until it is used up");
    EXPECT_LE(least, life - age + 0.5) << "rounded to days";
    EXPECT_GE(most, life - age - 0.5);
    EXPECT_GE(middle, least);
    EXPECT_LE(middle, most);
  }
}

TEST_F(PaceTest, NoDaysAreLeftOfAUsedUpDiskAndNoneAreKnownWithoutItsAge) {
  Begin("disk-wear-high", "server", "device", "sda");
  Add("smartctl_device_percentage_used");
  Add("smartctl_device_power_on_seconds");
  Sample(kStart, {104, 5e7});
  EXPECT_FALSE(findings_.front().details.contains("days until it is used up"));
  Begin("disk-wear-high", "server", "device", "sda");
  Add("smartctl_device_percentage_used");
  Sample(kStart, {85});
  ASSERT_EQ(findings_.size(), 1u);
  EXPECT_FALSE(findings_.front().details.contains("at least"));
}

// It lost 40 % in 400 charges, so 10 % take 100 more; two charges in three days: 150 days.
TEST_F(PaceTest, ABatteryIsBadAfterItsChargesAtThePaceOfItsUser) {
  Begin("laptop-battery-worn", "laptop", "power_supply", "BAT0");
  Add("node_power_supply_energy_full");
  Add("node_power_supply_energy_full_design");
  Add("node_power_supply_cyclecount");
  for (int day = 0; day <= 30; ++day) Sample(kStart + absl::Hours(24 * day), {36, 60, 380 + day * 2 / 3.0});
  EXPECT_NEAR(Detail("charges until it is bad"), 100, 1);
  EXPECT_NEAR(Detail("days until it is bad"), 150, 8);
}

}  // namespace
}  // namespace steward::collector
