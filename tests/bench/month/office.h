// A month in an office of 200 machines, made of a seed: servers that run day and night, desktops that are switched off in the
// evening, laptops that go away; nightly backups, updates on Tuesdays, reboots, and faults planted at known times.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/time/time.h"
#include "collector/ingest/observation.h"

namespace steward::bench {

inline const absl::Time kMonthStart = absl::FromUnixSeconds(1'772'409'600);  // Monday 2026-03-02 00:00 UTC
inline constexpr absl::Duration kMonth = absl::Hours(24 * 30);
inline constexpr absl::Duration kOfficeInterval = absl::Minutes(2);

// What is wrong, and what should be said of it.
struct Fault {
  std::string type;       // of issue
  std::string party;      // whose move it is
  int machine = 0;
  absl::Time begin, end;  // of the cause
};

// Numbers that look like chance and are the same for a seed.
class Chance {
 public:
  explicit Chance(std::uint64_t seed) : state_(seed) {}
  double Next();                                             // 0 to 1
  double Between(double from, double to) { return from + (to - from) * Next(); }
  int Below(int count) { return static_cast<int>(Next() * count); }

 private:
  std::uint64_t state_;
};

// What a machine's series are made of. Faults change it, life does, and each sample reads it.
struct MachineState {
  std::map<std::string, double> v;  // by name: "root_used"
  double& operator[](const std::string& name) { return v[name]; }
};

class OfficeMachine {
 public:
  enum class Power { kOn, kOff, kAsleep, kGone };  // gone: without a good-bye

  struct Series {
    std::uint32_t id = 0, group = 0;
    std::string metric;
    std::vector<std::pair<std::string, std::string>> labels;
    std::function<double(MachineState&)> value;
  };

  OfficeMachine(int number, std::uint64_t seed, std::vector<Fault> faults);

  // To `now`, kOfficeInterval after the time before.
  void Advance(absl::Time now);
  Power power() const { return power_; }
  bool agent_runs() const { return agent_runs_; }
  // An event of the step, as the agent tells it with its last batch before it leaves.
  v1::MachineEvent::Kind farewell() const { return farewell_; }
  collector::Observation Sample(absl::Time now);

  const collector::MachineRecord& record() const { return record_; }
  const std::vector<Series>& series() const { return series_; }
  const std::vector<Fault>& faults() const { return faults_; }

 private:
  void Furnish();
  void FurnishStorage();
  void FurnishServer();
  void FurnishWorkstation();
  void Add(std::uint32_t group, std::string metric, std::vector<std::pair<std::string, std::string>> labels,
           std::function<double(MachineState&)> value);
  Power PowerAt(absl::Time now);
  void Live(absl::Time now, double hours);
  void Suffer(const Fault& fault, absl::Time now, bool begins, bool ends, double hours);
  bool IsServer() const { return record_.machine_class == "server"; }

  int number_;
  Chance chance_;
  std::vector<Fault> faults_;
  collector::MachineRecord record_;
  std::shared_ptr<wire::DescriptorTable> descriptors_;
  std::vector<Series> series_;
  std::map<std::uint32_t, absl::Duration> groups_;
  std::map<std::uint32_t, absl::Time> sampled_;
  MachineState state_;
  Power power_ = Power::kOn;
  bool agent_runs_ = true;
  v1::MachineEvent::Kind farewell_ = v1::MachineEvent::KIND_UNSPECIFIED;
  std::uint64_t sequence_ = 0;
  double arrives_ = 8, leaves_ = 17, grows_ = 0;   // hours; shares of the disk a day
  int holiday_ = -1;                               // first day of a week away
  bool stays_on_ = false, on_before_ = true;
};

// Some fifty, each on a machine of its own, and nothing else wrong.
std::vector<Fault> PlantFaults(std::uint64_t seed, int machines);
std::string ClassOf(int machine);  // 30 servers, then desktops, then laptops

}  // namespace steward::bench
