// Every probe of this platform: one line each, in the order of the report.
#include "agent/probe_settings.h"
#include "agent/probes/accounts.h"
#include "agent/probes/arp.h"
#include "agent/probes/backups.h"
#include "agent/probes/bonding.h"
#include "agent/probes/btrfs.h"
#include "agent/probes/buddyinfo.h"
#include "agent/probes/certificates.h"
#include "agent/probes/checks.h"
#include "agent/probes/conntrack.h"
#include "agent/probes/cpu.h"
#include "agent/probes/cpufreq.h"
#include "agent/probes/disk_info.h"
#include "agent/probes/diskstats.h"
#include "agent/probes/dmi.h"
#include "agent/probes/edac.h"
#include "agent/probes/endpoints.h"
#include "agent/probes/entropy.h"
#include "agent/probes/failed_logins.h"
#include "agent/probes/filefd.h"
#include "agent/probes/filesystem.h"
#include "agent/probes/firmware_upgrades.h"
#include "agent/probes/hwmon.h"
#include "agent/probes/interrupts.h"
#include "agent/probes/kernel_log.h"
#include "agent/probes/loadavg.h"
#include "agent/probes/largest_directories.h"
#include "agent/probes/lvm.h"
#include "agent/probes/mdadm.h"
#include "agent/probes/memory.h"
#include "agent/probes/netclass.h"
#include "agent/probes/netdev.h"
#include "agent/probes/netstat.h"
#include "agent/probes/nvme.h"
#include "agent/probes/os.h"
#include "agent/probes/posture/posture.h"
#include "agent/probes/power_supply.h"
#include "agent/probes/pressure.h"
#include "agent/probes/printers.h"
#include "agent/probes/processes.h"
#include "agent/probes/rapl.h"
#include "agent/probes/reboot_required.h"
#include "agent/probes/restarts.h"
#include "agent/probes/schedstat.h"
#include "agent/probes/scrape.h"
#include "agent/probes/selinux.h"
#include "agent/probes/smart.h"
#include "agent/probes/sockstat.h"
#include "agent/probes/softnet.h"
#include "agent/probes/systemd.h"
#include "agent/probes/tcp_states.h"
#include "agent/probes/textfile.h"
#include "agent/probes/thermal.h"
#include "agent/probes/time.h"
#include "agent/probes/udp_queues.h"
#include "agent/probes/uname.h"
#include "agent/probes/package_updates.h"
#include "agent/probes/updates.h"
#include "agent/probes/ups.h"
#include "agent/probes/vmstat.h"
#include "agent/probes/zfs.h"

namespace steward::agent {

std::vector<std::unique_ptr<Probe>> MakeProbes(Platform& platform, const ProbeSettings& settings) {
  std::vector<std::unique_ptr<Probe>> probes;
  probes.push_back(MakeCpuProbe(platform));
  probes.push_back(MakeLoadAverageProbe(platform));
  probes.push_back(MakeMemoryProbe(platform));
  probes.push_back(MakeVmstatProbe(platform));
  probes.push_back(MakePressureProbe(platform));
  probes.push_back(MakeSchedstatProbe(platform));
  probes.push_back(MakeInterruptsProbe(platform));
  probes.push_back(MakeBuddyinfoProbe(platform));
  probes.push_back(MakeProcessesProbe(platform, settings));
  probes.push_back(MakeFilefdProbe(platform));
  probes.push_back(MakeEntropyProbe(platform));
  probes.push_back(MakeDiskstatsProbe(platform));
  probes.push_back(MakeDiskInfoProbe(platform));
  probes.push_back(MakeFilesystemProbe(platform));
  probes.push_back(MakeLargestDirectoriesProbe(platform, settings));
  probes.push_back(MakeMdadmProbe(platform));
  probes.push_back(MakeLvmProbe(platform));
  probes.push_back(MakeBtrfsProbe(platform));
  probes.push_back(MakeZfsProbe(platform));
  probes.push_back(MakeNvmeProbe(platform));
  probes.push_back(MakeSmartProbe(platform));
  probes.push_back(MakeNetdevProbe(platform));
  probes.push_back(MakeNetclassProbe(platform));
  probes.push_back(MakeNetclassInfoProbe(platform));
  probes.push_back(MakeBondingProbe(platform));
  probes.push_back(MakeNetstatProbe(platform));
  probes.push_back(MakeSockstatProbe(platform));
  probes.push_back(MakeSoftnetProbe(platform));
  probes.push_back(MakeTcpStatesProbe(platform));
  probes.push_back(MakeUdpQueuesProbe(platform));
  probes.push_back(MakeConntrackProbe(platform));
  probes.push_back(MakeArpProbe(platform));
  probes.push_back(MakeHwmonProbe(platform));
  probes.push_back(MakeThermalProbe(platform));
  probes.push_back(MakeCpufreqProbe(platform));
  probes.push_back(MakeRaplProbe(platform));
  probes.push_back(MakePowerSupplyProbe(platform));
  probes.push_back(MakeUpsProbe(platform));
  probes.push_back(MakeEdacProbe(platform));
  probes.push_back(MakeKernelLogProbe(platform, settings));
  probes.push_back(MakeTimeProbe(platform));
  probes.push_back(MakeUnameProbe(platform));
  probes.push_back(MakeOsProbe(platform));
  probes.push_back(MakeDmiProbe(platform));
  probes.push_back(MakeSelinuxProbe(platform));
  probes.push_back(MakeTextfileProbe(platform));
  probes.push_back(MakeSystemdProbe(platform, settings));
  probes.push_back(MakeRestartsProbe(platform));
  probes.push_back(MakeRebootRequiredProbe(platform));
  probes.push_back(MakeUpdatesProbe(platform, settings.updates ? settings.updates : std::make_shared<PackageUpdates>(platform)));
  probes.push_back(MakeFirmwareUpgradesProbe(platform));
  probes.push_back(MakePrintersProbe(platform));
  probes.push_back(MakeCertificatesProbe(platform, settings.certificates));
  probes.push_back(MakePostureProbe(platform));
  probes.push_back(MakeAccountsProbe(platform));
  probes.push_back(MakeFailedLoginsProbe(platform));
  probes.push_back(MakeChecksProbe(platform, settings));
  probes.push_back(MakeScrapeProbe(platform, settings));
  probes.push_back(MakeEndpointsProbe(platform, settings));
  probes.push_back(MakeBackupsProbe(platform, settings.reports_directory));
  return probes;
}

}  // namespace steward::agent
