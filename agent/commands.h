// The commands of steward-agent, each with its exit code: 0 done, 1 failed, 2 wrong usage or configuration. What went wrong
// is said on stderr. (`probe` has a header of its own.)
#pragma once

#include <string>

namespace steward::agent {

struct EnrollOptions {
  std::string token;
  std::string state;
  std::string config;   // for the proxy; empty: the default file if it is there
  std::string answers;  // file; empty: none
};
int RunEnrollCommand(const EnrollOptions& options);

struct RunOptions {
  std::string state;
  std::string config;   // empty: the default file if it is there
  std::string clock;    // unix:PATH, for tests
};
int RunRunCommand(const RunOptions& options);

struct HelperOptions {
  std::string socket;
  std::string user;        // who may ask besides root, by name
  bool idle_ends = false;  // ends after a minute without a question; a socket unit starts it again
};
int RunHelperCommand(const HelperOptions& options);

struct ReportBackupOptions {
  std::string state;
  std::string job;
  std::string result;  // ok, failed; empty: as `from` tells
  std::string bytes;
  std::string duration;
  std::string from;     // restic, borg: whose output is on standard input
  std::string every;
  std::string where;    // on-site, off-site
  bool forget = false;  // nothing of the above: the job is kept no longer
};
int RunReportBackupCommand(const ReportBackupOptions& options);
int RunReportProblemCommand(const std::string& state, const std::string& text);

int RunStatusCommand(const std::string& state, bool json);

}  // namespace steward::agent
