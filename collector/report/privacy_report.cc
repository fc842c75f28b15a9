#include "collector/report/privacy_report.h"

#include "base/human_text.h"
#include "base/text.h"
#include "boost/json.hpp"
#include "collector/coverage/coverage.h"
#include "collector/retention.h"

namespace steward::collector {
namespace {

constexpr char kEverybody[] = "owner, IT manager, partner and viewer, by the console, stewardctl and the API; Prometheus with a token of role metrics";
constexpr char kManagers[] = "owner, IT manager, partner and viewer, by the console, stewardctl and the API";
constexpr char kInside[] = "the collector itself; owner and IT manager see it without the secrets";

std::string Days(absl::Duration duration) { return StrCat(absl::ToInt64Hours(duration) / 24, " days"); }

std::string ChannelNames(const Config& config) {
  std::string names;
  for (const ChannelConfig& channel : config.channels) StrAppend(&names, names.empty() ? "" : ", ", channel.name, " (", channel.type, ")");
  return names.empty() ? "nobody: no [[channel]] is configured" : StrCat("who receives the channels: ", names);
}

std::string BackupPlace(const Config& config) {
  if (!config.backup.enabled) return "nightly backups are switched off";
  return StrCat("the newest ", config.backup.keep, " nightly ones, in ",
                config.backup.directory.empty() ? "<data>/backups" : config.backup.directory);
}

// The indented lines of one kind.
void AppendKind(const KeptKind& kind, std::string& out) {
  StrAppend(&out, "* ", kind.what, "\n    why:       ", kind.why, "\n    how long:  ", kind.kept, "\n    who reads: ", kind.readers, "\n\n");
}

}  // namespace

std::vector<KeptKind> KeptKinds(const Config& config) {
  const RetentionConfig& retention = config.retention;
  const std::string raw = Days(retention.raw);
  const std::string records = Days(Retention::kRecords);
  std::string remote;
  for (const RemoteWriteConfig& target : config.remote_write) StrAppend(&remote, "; copied to ", target.url);
  return {
      {"Measured values of each machine: load, memory, disks, network counters, temperatures, how many log-ins failed and, if eight or "
       "more came from one address of the company's own network, that address; every "
       + absl::FormatDuration(config.agents.interval) + " unless a class has its own interval",
       "to notice failing and overloaded machines early and to prove that a repair worked",
       StrCat(raw, ", by the hour; then least, greatest, mean and last of every five minutes until they are ",
              Days(retention.five_minutes), " old, and of every hour until ", Days(retention.hours)),
       kEverybody + remote, {"batch", "run", "block", "block_position", "descriptor_set", "committed", "rolled"}},
      {"When a machine was switched on, off or asleep, and the days' share that was observed; on workstations this can show a "
       "person's hours",
       "to tell a machine that is off from one that is broken, and to say why values are missing",
       StrCat("of workstations the times ", kTimesKeptDays, " days, then the sums of each day; of servers the times too: ", records,
              ". The measured values above show when a machine was on: by the hour for ", Days(retention.hours)),
       kManagers, {"coverage", "machine_event"}},
      {"How each machine's clock stood, and which values it gave up", "to put values at their right time and to say what is missing",
       StrCat("the newest ", kBootClocksMax, " starts and ", kGapsMax, " gaps of each machine"), kInside,
       {"boot_clock", "gap"}},
      {"What a machine is: names, addresses, hardware, operating system, site, class, when it last connected",
       "to know what there is and to tell machines apart", "for good; a retired machine stays in the list", kEverybody, {"machine"}},
      {"Inventory: packages, services, volumes, network interfaces, displays, printers, listening ports, how the machine is guarded; local user accounts "
       "by name: who may become root and why, whether the password is locked, none or set and the day of its change, root's SSH keys by "
       "fingerprint and comment, the day of the last log-in once it is 30 days ago (before that only that it was within 30 days); "
       "problems in the words of those who reported them; of what is wrong, in the machine's words: what the company's own checks said, the last "
       "lines that failed services wrote to the journal, names of programs that use most of a server's memory or processor or were killed for "
       "memory, names and sizes of the largest directories of a full disk (none below /home and /root); and what changed of it",
       "security updates, licences, finding the cause of a fault, noticing new administrators and accounts nobody uses",
       "the live inventory and its changes for good", kManagers, {"inventory", "fact", "fact_change"}},
      {"Issues with their evidence and history: who acknowledged, commented and closed",
       "the hand-over between IT manager and partner, and the proof of what was done",
       "until they end, then " + records, kManagers + std::string("; ") + ChannelNames(config), {"issue", "issue_event"}},
      {"The audit trail: who did what about an issue, a machine, a token, a window or the policy, when and why; rules and tokens by their names",
       "to prove later who decided and did what; each entry is chained to the one before, so that none can be changed unseen",
       "not deleted yet, also when the machine is", "owner and IT manager by stewardctl audit", {"audit", "audit_end"}},
      {"Messages about issues and what their receivers answered", "to deliver each one once and to prove it",
       records, ChannelNames(config) + "; owner, IT manager and partner by stewardctl deliveries", {"outbox"}},
      {"Tokens for machines and programs: their hash, role, site, when they were used", "access control",
       "until they are deleted from the database by hand; a revoked or expired one opens nothing", kInside, {"token"}},
      {"The collector's own notes: positions, learned fill levels of disks", "to go on after a restart",
       "for good", kInside, {"setting", "meta"}},
      {"Backups of all this, encrypted", "to go on after a broken disk",
       BackupPlace(config) + "; what is deleted goes from them as they are replaced",
       "who has the file and its key", {}},
      {"The collector's log: machine names, addresses, who retired a machine and why", "to find faults, and as a record",
       "as long as the system's journal keeps it", "who may read the system's journal on the collector", {}},
  };
}

std::vector<std::string> NeverKept() {
  return {"passwords, their hashes, private keys", "names typed at a log-in that failed", "contents of files, mails or messages",
          "web pages visited", "keystrokes, screens, camera or microphone", "places",
          "who is logged in when, apart from the times a machine is on"};
}

std::string PrivacyReportText(const Config& config) {
  std::string out = "What this Steward collector keeps, why, how long, and who reads it\n"
                    "(from its settings and the tables of its database)\n\n";
  for (const KeptKind& kind : KeptKinds(config)) AppendKind(kind, out);
  StrAppend(&out, "Never collected:\n");
  for (const std::string& what : NeverKept()) StrAppend(&out, "  - ", what, "\n");
  StrAppend(&out, "\nOn a machine, `steward-agent probe` prints every value that its agent reads. There is no remote command: the "
                  "collector cannot make an agent do or read anything else.\n");
  return out;
}

std::string PrivacyReportJson(const Config& config) {
  boost::json::array kinds;
  for (const KeptKind& kind : KeptKinds(config)) {
    kinds.push_back({{"what", kind.what}, {"why", kind.why}, {"kept", kind.kept}, {"readers", kind.readers}, {"tables", boost::json::value_from(kind.tables)}});
  }
  return boost::json::serialize(boost::json::object{{"kinds", std::move(kinds)}, {"never", boost::json::value_from(NeverKept())}}) + "\n";
}

}  // namespace steward::collector
