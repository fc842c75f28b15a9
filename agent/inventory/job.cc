#include "agent/inventory/job.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <string>

#include "agent/inventory/facts.h"
#include "agent/platform/platform.h"
#include "agent/probes/text.h"
#include "base/text.h"

namespace steward::agent {
namespace {

constexpr std::array<std::string_view, 4> kPeriods = {"hourly", "daily", "weekly", "monthly"};

// cron passes over names with a dot, "backup.dpkg-old", and its own ".placeholder".
bool IsRun(std::string_view name) {
  return std::all_of(name.begin(), name.end(), [](unsigned char c) { return std::isalnum(c) != 0 || c == '-' || c == '_'; });
}

class JobInventory final : public InventorySource {
 public:
  explicit JobInventory(Platform& platform) : platform_(platform) {}
  std::string_view group() const override { return "job"; }

  absl::Status Collect(std::vector<Fact>& facts) override {
    bool has_cron = AddTable("/etc/crontab", facts);
    std::vector<std::string> names;
    if (platform_.ListDirectory("/etc/cron.d", names).ok()) {
      has_cron = true;
      for (const std::string& name : names) {
        if (IsRun(name)) AddTable(StrCat("/etc/cron.d/", name), facts);
      }
    }
    for (const std::string_view period : kPeriods) {
      const std::string directory = StrCat("/etc/cron.", period);
      if (!platform_.ListDirectory(directory, names).ok()) continue;
      has_cron = true;
      for (const std::string& name : names) {
        if (IsRun(name)) AddFact(facts, StrCat(directory, "/", name), period);
      }
    }
    return has_cron ? absl::OkStatus() : absl::NotFoundError("no cron");
  }

 private:
  bool AddTable(const std::string& file, std::vector<Fact>& facts) {
    std::string text;
    if (!platform_.ReadFile(file, text).ok()) return false;
    ParseCrontab(file, text, facts);
    return true;
  }

  Platform& platform_;
};

}  // namespace

void ParseCrontab(std::string_view file, std::string_view text, std::vector<Fact>& facts) {
  int which = 0;
  std::string_view line;
  while (NextLine(text, line)) {
    std::string_view field;
    // A job begins with a number, "*" or "@daily"; "NAME = value" sets a variable.
    if (!NextField(line, field) || (std::isdigit(static_cast<unsigned char>(field[0])) == 0 && field[0] != '*' && field[0] != '@')) {
      continue;
    }
    std::string job(field);
    int more = field[0] == '@' ? 1 : 5;  // of the times, and the account
    while (more > 0 && NextField(line, field)) {
      StrAppend(&job, " ", field);
      --more;
    }
    if (more > 0 || !NextField(line, field)) continue;
    if (field[0] == '/') StrAppend(&job, " ", field);
    AddFact(facts, StrCat(file, "/", ++which), job);
  }
}

std::unique_ptr<InventorySource> MakeJobInventory(Platform& platform) { return std::make_unique<JobInventory>(platform); }

}  // namespace steward::agent
