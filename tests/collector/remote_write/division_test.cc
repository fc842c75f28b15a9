#include "collector/remote_write/division.h"

#include <functional>
#include <map>
#include <set>
#include <tuple>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace steward::collector {
namespace {

using ::testing::ElementsAre;

// Machine m has series m * 1000 and up.
Outgoing Samples(std::uint32_t machines, std::int64_t moments, std::uint32_t series) {
  Outgoing outgoing;
  for (std::uint32_t m = 0; m < machines; ++m) {
    const std::uint32_t machine = outgoing.Machine(std::to_string(m));
    for (std::int64_t time = 1; time <= moments; ++time) {
      for (std::uint32_t s = 0; s < series; ++s) {
        outgoing.Add(machine, outgoing.Series(std::to_string(m) + "/" + std::to_string(s)), time, 0);
      }
    }
  }
  outgoing.Sort();
  return outgoing;
}

// A receiver as Prometheus: takes all of a request or nothing, and of a series nothing older than its newest.
class Receiver {
 public:
  explicit Receiver(const Outgoing& outgoing) : outgoing_(outgoing) {}

  void Run() {
    Division division(outgoing_);
    while (const auto part = division.Next()) {
      ++requests;
      if (Takes(*part)) {
        division.Taken();
      } else if (division.Refused()) {
        ++refused;
      }
    }
    for (const Part& part : division.TakeGivenUpUnasked()) refused += part.size();
  }

  std::map<std::uint32_t, std::int64_t> newest;  // by series
  std::vector<std::tuple<std::uint32_t, std::int64_t>> taken;
  std::size_t requests = 0;
  std::size_t refused = 0;

 private:
  bool Takes(Part part) {
    auto after = newest;
    std::vector<std::tuple<std::uint32_t, std::int64_t>> samples;
    for (std::size_t i = part.begin; i < part.end; ++i) {
      const OutgoingSample& sample = outgoing_.at(i);
      std::int64_t& last = after[sample.series];
      if (sample.time_ms <= last) return false;
      last = sample.time_ms;
      samples.emplace_back(sample.series, sample.time_ms);
    }
    newest = after;
    taken.insert(taken.end(), samples.begin(), samples.end());
    return true;
  }

  const Outgoing& outgoing_;
};

TEST(Division, IsOneRequestIfAllIsTaken) {
  const Outgoing outgoing = Samples(3, 2, 2);
  Receiver receiver(outgoing);
  receiver.Run();
  EXPECT_EQ(receiver.requests, 1U);
  EXPECT_EQ(receiver.taken.size(), 12U);
}

TEST(Division, OneMachinesPastCostsNobodyElse) {
  const Outgoing outgoing = Samples(4, 5, 100);
  Receiver receiver(outgoing);
  for (std::uint32_t s = 200; s < 300; ++s) receiver.newest[s] = 100;  // the third machine is further
  receiver.Run();
  EXPECT_EQ(receiver.taken.size(), 1500U);
  EXPECT_EQ(receiver.refused, 500U);
  EXPECT_LT(receiver.requests, 30U) << "a refused moment is not asked for sample by sample";
}

TEST(Division, WhatIsNewerThanTheReceiversStateIsTaken) {
  const Outgoing outgoing = Samples(1, 10, 50);
  Receiver receiver(outgoing);
  for (std::uint32_t s = 0; s < 50; ++s) receiver.newest[s] = 7;
  receiver.Run();
  EXPECT_EQ(receiver.taken.size(), 150U);
  EXPECT_EQ(receiver.refused, 350U);
}

TEST(Division, ASingleSeriesIsFoundOutAndOnlyThatIsGivenUp) {
  const Outgoing outgoing = Samples(1, 3, 64);
  Receiver receiver(outgoing);
  receiver.newest[20] = 2;
  receiver.Run();
  EXPECT_EQ(receiver.refused, 2U);
  EXPECT_EQ(receiver.taken.size(), 3U * 64 - 2);
  EXPECT_LT(receiver.requests, 60U);
}

TEST(Division, EachSampleIsTakenOrGivenUpOnce) {
  for (std::uint32_t seed = 0; seed < 50; ++seed) {
    const Outgoing outgoing = Samples(3, 4, 7);
    Receiver receiver(outgoing);
    for (std::uint32_t s = 0; s < 21; ++s) receiver.newest[s] = (s * 7 + seed * 13) % 5 == 0 ? (s + seed) % 6 : 0;
    receiver.Run();
    EXPECT_EQ(receiver.taken.size() + receiver.refused, outgoing.size()) << seed;
    EXPECT_EQ(std::set(receiver.taken.begin(), receiver.taken.end()).size(), receiver.taken.size()) << seed;
  }
}

TEST(Division, TooLargeIsHalved) {
  const Outgoing outgoing = Samples(1, 1, 4);
  Division division(outgoing);
  EXPECT_FALSE(division.TooLarge());
  EXPECT_EQ(division.Next(), (Part{0, 2}));
  EXPECT_FALSE(division.TooLarge());
  EXPECT_EQ(division.Next(), (Part{0, 1}));
  EXPECT_TRUE(division.TooLarge());
  EXPECT_EQ(division.Next(), (Part{1, 2}));
  division.Taken();
  EXPECT_EQ(division.Next(), (Part{2, 4}));
}

}  // namespace
}  // namespace steward::collector
