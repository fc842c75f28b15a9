// Every pure parser of the probes and the inventory on arbitrary bytes: the first byte chooses, the rest is the file.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "agent/inventory/job.h"
#include "agent/inventory/package.h"
#include "agent/inventory/peripheral.h"
#include "agent/inventory/power.h"
#include "agent/inventory/processor.h"
#include "agent/inventory/service.h"
#include "agent/inventory/smbios.h"
#include "agent/inventory/user.h"
#include "agent/inventory/volume.h"
#include "agent/platform/linux/tools/account_secrets.h"
#include "agent/net/dns_query.h"
#include "agent/platform/linux/tools/failed_logins.h"
#include "agent/platform/linux/tools/firewall.h"
#include "agent/platform/linux/tools/kernel_log.h"
#include "agent/platform/linux/tools/largest_directories.h"
#include "agent/platform/recorded_answers.h"
#include "agent/probes/apt_config.h"
#include "agent/probes/arp.h"
#include "agent/probes/buddyinfo.h"
#include "agent/probes/certificates.h"
#include "agent/probes/check_output.h"
#include "agent/probes/conntrack.h"
#include "agent/probes/cpu.h"
#include "agent/probes/diskstats.h"
#include "agent/probes/exposition.h"
#include "agent/probes/failed_logins.h"
#include "agent/probes/filefd.h"
#include "agent/probes/filesystem.h"
#include "agent/probes/firmware_upgrades.h"
#include "agent/probes/hwmon.h"
#include "agent/probes/interrupts.h"
#include "agent/probes/kernel_log.h"
#include "agent/probes/largest_directories.h"
#include "agent/probes/loadavg.h"
#include "agent/probes/lvm.h"
#include "agent/probes/mdadm.h"
#include "agent/probes/memory.h"
#include "agent/probes/metric_families.h"
#include "agent/probes/netdev.h"
#include "agent/probes/netstat.h"
#include "agent/probes/os.h"
#include "agent/probes/package_updates.h"
#include "agent/probes/posture/firewall_state.h"
#include "agent/probes/posture/listeners.h"
#include "agent/probes/posture/protections.h"
#include "agent/probes/posture/ssh_server.h"
#include "agent/probes/pressure.h"
#include "agent/probes/printers.h"
#include "agent/probes/processes.h"
#include "agent/probes/reboot_required.h"
#include "agent/probes/restarts.h"
#include "agent/probes/schedstat.h"
#include "agent/probes/smart.h"
#include "agent/probes/sockstat.h"
#include "agent/probes/softnet.h"
#include "agent/probes/systemctl.h"
#include "agent/probes/systemd.h"
#include "agent/probes/tcp_states.h"
#include "agent/probes/udp_queues.h"
#include "agent/probes/unit_logs.h"
#include "agent/probes/updates.h"
#include "agent/probes/ups.h"
#include "agent/probes/vmstat.h"
#include "agent/report/backup_file.h"
#include "agent/report/backup_output.h"
#include "agent/report/problem_file.h"
#include "base/endpoint_url.h"

namespace {

using namespace steward::agent;

// Touches all it is given and checks what every sink relies on.
class CheckingSink final : public SampleSink {
 public:
  void Add(const Metric& metric, absl::Span<const LabelView> labels, std::int64_t value) override {
    if (metric.name.empty() || metric.denominator <= 0) std::abort();
    for (std::size_t index = 0; index < labels.size(); ++index) {
      if (index > 0 && !(labels[index - 1].first < labels[index].first)) std::abort();
      for (const char c : labels[index].second) sum_ += static_cast<unsigned char>(c);
    }
    sum_ += static_cast<std::uint64_t>(value);
  }
  void AddDouble(const Metric& metric, absl::Span<const LabelView> labels, double) override { Add(metric, labels, 0); }
  void AddUnsigned(const Metric& metric, absl::Span<const LabelView> labels, std::uint64_t value) override {
    Add(metric, labels, static_cast<std::int64_t>(value >> 1));
  }

 private:
  std::uint64_t sum_ = 0;
};

void Samples(std::uint8_t choice, std::string_view text, SampleSink& sink) {
  MetricFamilies families;
  std::vector<std::string_view> devices;
  switch (choice) {
    case 0:
      (void)ParseArp(text, sink);
      break;
    case 1:
      (void)ParseBuddyinfo(text, sink);
      break;
    case 2:
      (void)ParseConntrackStat(text, sink);
      break;
    case 3:
      (void)ParseKernelStat(text).status();
      break;
    case 4:
      (void)ParseDiskstats(text, sink);
      break;
    case 5:
      (void)ParseFileNr(text, sink);
      break;
    case 6:
      (void)ParseMountinfo(text).status();
      break;
    case 7:
      (void)ParseLoadAverage(text, sink);
      break;
    case 8:
      (void)ParseMdstat(text, sink);
      break;
    case 9:
      (void)ParseMeminfo(text, families, sink);
      break;
    case 10:
      (void)ParseNetDev(text, devices, sink);
      break;
    case 11:
      (void)ParseNetstat("netstat", text, families, sink);
      break;
    case 12:
      (void)ParseSnmp6(text, families, sink);
      break;
    case 13:
      (void)ParseOsRelease(text);
      break;
    case 14:
      (void)ParsePressure(PressureResource::kIo, text, sink);
      break;
    case 15:
      (void)ParseProcessStat(text).status();
      break;
    case 16:
      (void)ParseSchedstat(text, sink);
      break;
    case 17:
      (void)ParseSockstat("sockstat", text, 4096, families, sink);
      break;
    case 18:
      (void)ParseSoftnet(text, sink);
      break;
    case 19:
      (void)ParseUdpQueues("udp", text).status();
      break;
    case 20:
      (void)ParseVmstat(text, families, sink);
      break;
    case 32:
      (void)ParseExposition("x.prom", text, [](const ExposedSample&) {});
      break;
    case 33:
      (void)ParseSmart(text, nullptr, sink);
      break;
    case 76:
      ParsePrinters(text, sink);
      break;
    case 77:
      (void)ParseFirmwareUpgrades(text, sink);
      break;
    case 34:
      (void)ParseLvm(text, sink);
      break;
    case 35:
      (void)ParseUps(text, sink);
      break;
    case 36: {
      KernelEvents events;
      events.Count(text);
      events.Report(sink);
      break;
    }
    case 37:
      (void)KernelLogLine(text);
      break;
    case 30:
      (void)ParseInterrupts(text, sink);
      break;
    case 31: {
      TcpStates states;
      (void)ParseTcpStates("tcp", text, states);
      break;
    }
    default:
      break;
  }
}

void Facts(std::uint8_t choice, std::string_view text) {
  std::vector<Fact> facts;
  SensorFile file;
  switch (choice) {
    case 21:
      ParseDpkgStatus(text, facts);
      break;
    case 22:
      ParseRpmList(text, facts);
      break;
    case 23:
      (void)ParseCpuinfo(text);
      break;
    case 24:
      (void)ParseUnitFile(text);
      break;
    case 25:
      (void)ParseMemoryModules(text);
      break;
    case 26: {
      LocalAccounts all;
      all.accounts = ParsePasswd(text);
      AddGroups(text, all.accounts);
      AddShadowState(text, all.accounts);
      AddPrivileges(text, text, all);
      AddAccountFacts(all, absl::UnixEpoch(), facts);
      (void)CountFailedLogins(text);
      break;
    }
    case 27:
      ParseArrays(text, facts);
      break;
    case 28:
      (void)ParseSensorFile(text, file);
      break;
    case 29:
      (void)AnswersFromJson(text).status();
      break;
    case 59:
      (void)ParseCertificate(text).status();
      break;
    case 60:
      (void)ParseEdid(text);
      break;
    case 61:
      ParseUpsFacts(text, facts);
      break;
    default:
      break;
  }
}

// What package managers and systemd print, and the records of restarts.
void Services(std::uint8_t choice, std::string_view text) {
  AptSettings settings;
  switch (choice) {
    case 40:
      (void)ParseSystemdUnits(text).status();
      break;
    case 41:
      for (const auto& [name, properties] : ParseSystemdProperties(text)) (void)NextElapse(properties);
      (void)ParseSystemdTime(text);
      (void)ParseSystemdSpan(text);
      (void)HasSystemdSeries(text);
      break;
    case 42:
      (void)ParseAptUpgrades(text).status();
      (void)ParseDnfUpdates(text, "x86_64");
      break;
    case 43:
      ParseAptConfig(text, settings);
      break;
    case 44:
      (void)LastUpgrade(text, 3600);
      (void)IsOlderKernel(text, text.substr(text.size() / 2));
      (void)NewerKernel(text.substr(text.size() / 2), {std::string(text)});
      break;
    case 45:
      (void)FindBoots(ParseUtmp(text, kUtmpLayout32));
      (void)FindBoots(ParseUtmp(text, kUtmpLayout64));
      break;
    case 46: {
      std::vector<Fact> facts;
      ParseCrontab("/etc/crontab", text, facts);
      break;
    }
    default:
      break;
  }
}

// What root's answers are made of, and what is read of them and of settings.
void Guards(std::uint8_t choice, std::string_view text) {
  FirewallState firewall;
  std::vector<Listener> listeners;
  DconfLock lock;
  switch (choice) {
    case 47:
      (void)InputPolicyOfNft(text).status();
      (void)RefusesByIptables(text);
      ParseFirewallAnswer(text, firewall);
      break;
    case 48:
      (void)ReduceShadow(text);
      (void)ReduceSudoers(text);
      (void)ReduceAuthorizedKeys(text);
      (void)ReduceBtmp(text, kUtmpLayout32, {"root"}, absl::FromUnixSeconds(1'700'000'000));
      (void)ReduceSshJournal(text, {"root"});
      break;
    case 49:
      (void)ParseListeners("tcp6", text, listeners);
      (void)ParseSshSettings(text);
      ParseDconfLock(text, lock);
      break;
    default:
      break;
  }
}

// What the company's own checks print, and where and how services are asked.
void OwnChecks(std::uint8_t choice, std::string_view text) {
  switch (choice) {
    case 60:
      (void)ParseCheckOutput(0, text);
      break;
    case 61:
      (void)steward::ParseEndpointUrl(text).status();
      (void)DnsQuestion(text, 1);
      (void)JudgeDnsAnswer(text, 1);
      break;
    default:
      break;
  }
}

void Reports(std::uint8_t choice, std::string_view text) {
  switch (choice) {
    case 72:
    case 73: {
      const auto output = choice == 72 ? NewResticOutput() : NewBorgOutput();
      output->Take(text.substr(0, text.size() / 2));
      output->Take(text.substr(text.size() / 2));
      (void)output->Finish();
      break;
    }
    case 74:
      (void)ParseBackupJobs(text).status();
      break;
    case 75:
      (void)ParseProblems(text).status();
      break;
    case 78:
      (void)SplitCertificates(text);
      break;
    case 79:
      (void)ParseMountedTrees(text);
      break;
    case 80:
      (void)ParseLargestDirectories(text);
      break;
    case 81:
      (void)ParseUnitLogs(text);
      break;
    default:
      break;
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  CheckingSink sink;
  const auto choice = static_cast<std::uint8_t>(data[0] % 82);
  Samples(choice, text, sink);
  Facts(choice, text);
  Services(choice, text);
  Guards(choice, text);
  OwnChecks(choice, text);
  Reports(choice, text);
  return 0;
}
