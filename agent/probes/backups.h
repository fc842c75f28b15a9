// The last run of every backup job, as `steward-agent report backup` told it: <reports>/backups.json. It outlives the agent.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "agent/probe.h"
#include "agent/report/backup_file.h"

namespace steward::agent {

void ReportBackupJobs(const BackupJobs& jobs, SampleSink& sink);

std::unique_ptr<Probe> MakeBackupsProbe(Platform& platform, std::string_view reports_directory);

}  // namespace steward::agent
