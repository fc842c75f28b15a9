// Every probe of this platform: one line each, in the order of the report.
#include "agent/probes/cpu.h"
#include "agent/probes/diskstats.h"
#include "agent/probes/loadavg.h"
#include "agent/probes/memory.h"
#include "agent/probes/pressure.h"
#include "agent/probes/vmstat.h"

namespace steward::agent {

std::vector<std::unique_ptr<Probe>> MakeProbes(Platform& platform) {
  std::vector<std::unique_ptr<Probe>> probes;
  probes.push_back(MakeCpuProbe(platform));
  probes.push_back(MakeLoadAverageProbe(platform));
  probes.push_back(MakeMemoryProbe(platform));
  probes.push_back(MakeVmstatProbe(platform));
  probes.push_back(MakePressureProbe(platform));
  probes.push_back(MakeDiskstatsProbe(platform));
  return probes;
}

}  // namespace steward::agent
