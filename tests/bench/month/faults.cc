// Which faults are planted, where and when.
#include <array>

#include "tests/bench/month/office.h"

namespace steward::bench {
namespace {

struct Kind {
  const char* type;
  const char* party;
  const char* machine_class;
  int times;
  double hours;  // that it lasts; 0: to the end
};

// Times are long enough for the catalogue's raise times, and for its clear times where the cause is removed.
constexpr std::array<Kind, 39> kKinds = {{
    {"machine-offline", "partner", "server", 2, 4},
    {"agent-silent", "partner", "server", 1, 3},
    {"machine-missing", "it-manager", "laptop", 1, 0},
    {"clock-wrong", "partner", "server", 1, 6},
    {"unexpected-restart", "partner", "server", 1, 0},
    {"reboot-pending", "partner", "server", 1, 0},
    {"disk-space-low", "partner", "server", 2, 30},
    {"disk-space-low", "partner", "laptop", 1, 0},
    {"disk-fill-forecast", "partner", "server", 2, 9},
    {"inodes-low", "partner", "server", 1, 30},
    {"filesystem-faulty", "partner", "server", 1, 0},
    {"disk-smart-failing", "partner", "server", 1, 0},
    {"disk-errors-growing", "partner", "desktop", 2, 0},
    {"disk-wear-high", "partner", "desktop", 1, 0},
    {"disk-too-hot", "partner", "server", 1, 8},
    {"raid-degraded", "partner", "server", 2, 30},
    {"memory-pressure", "partner", "server", 1, 3},
    {"oom-kill", "partner", "server", 1, 0},
    {"cpu-saturated", "partner", "server", 1, 3},
    {"overheating", "partner", "laptop", 1, 4},
    {"memory-ecc-errors", "partner", "server", 1, 0},
    {"hardware-shrunk", "partner", "desktop", 1, 0},
    {"laptop-battery-worn", "it-manager", "laptop", 2, 0},
    {"nic-faulty", "partner", "server", 1, 6},
    {"service-failed", "partner", "server", 2, 10},
    {"scheduled-job-failed", "partner", "server", 1, 20},
    {"security-updates-overdue", "partner", "desktop", 2, 0},
    {"updates-not-working", "partner", "server", 1, 0},
    {"certificate-expiring", "partner", "server", 1, 0},
    {"backup-stale", "partner", "server", 1, 0},
    {"backup-failed", "partner", "server", 1, 12},
    {"firewall-off", "partner", "desktop", 1, 0},
    {"disk-encryption-off", "partner", "laptop", 1, 0},
    {"screen-lock-off", "partner", "desktop", 1, 0},
    {"risky-exposure", "partner", "laptop", 1, 0},
    {"failed-logins", "partner", "laptop", 1, 1},
    {"new-local-admin", "it-manager", "desktop", 1, 0},
    {"disk-fill-forecast", "partner", "server", 1, 24 * 20},  // slow
    {"antivirus-unhealthy", "partner", "laptop", 1, 0},
}};

}  // namespace

std::string ClassOf(int machine) { return machine < 45 ? "server" : machine < 130 ? "desktop" : "laptop"; }

std::vector<Fault> PlantFaults(std::uint64_t seed, int machines) {
  Chance chance(seed);
  std::vector<Fault> faults;
  std::vector<bool> taken(static_cast<std::size_t>(machines), false);
  for (const Kind& kind : kKinds) {
    for (int i = 0; i < kind.times; ++i) {
      Fault fault{kind.type, kind.party, 0, {}, {}};
      do {
        fault.machine = chance.Below(machines);
      } while (taken[static_cast<std::size_t>(fault.machine)] || ClassOf(fault.machine) != kind.machine_class);
      taken[static_cast<std::size_t>(fault.machine)] = true;
      const bool slow = kind.hours > 24 * 7;
      // A weekday at ten o'clock, early enough for two weeks of raise time.
      const int day = slow ? 2 : 3 + 7 * chance.Below(2) + chance.Below(2);
      fault.begin = kMonthStart + absl::Hours(24 * day + 10) + kOfficeInterval * chance.Below(60);
      fault.end = kind.hours > 0 ? fault.begin + absl::Hours(kind.hours) : absl::InfiniteFuture();
      faults.push_back(fault);
    }
  }
  return faults;
}

}  // namespace steward::bench
