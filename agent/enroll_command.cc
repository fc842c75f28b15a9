#include <filesystem>
#include <iostream>
#include <string>
#include <system_error>

#include "agent/command_support.h"
#include "agent/commands.h"
#include "agent/config.h"
#include "agent/identity/enroll.h"
#include "agent/identity/identity_store.h"
#include "agent/identity/whole_file.h"
#include "agent/fingerprint.h"
#include "agent/log_setup.h"
#include "agent/platform/platform.h"
#include "base/text.h"
#include "base/version.h"

namespace steward::agent {
namespace {

// Of an installed package, or of this program as it is.
std::string StartCommand(const std::filesystem::path& state) {
  std::error_code error;
  const bool service = state == kDefaultStateDirectory && std::filesystem::exists("/usr/lib/systemd/system/steward-agent.service", error);
  if (service) return "systemctl start steward-agent";
  return state == kDefaultStateDirectory ? "steward-agent run" : StrCat("steward-agent run --state ", state.string());
}

}  // namespace

int RunEnrollCommand(const EnrollOptions& options) {
  const auto token = ReadToken(options.token, absl::Now());
  if (!token.ok()) return Fail(kFailed, token.status());
  const auto config = ConfigFor(options.config);
  if (!config.ok()) return Fail(kWrongUsage, config.status());
  std::vector<Answer> answers;
  if (!options.answers.empty()) {
    auto loaded = LoadAnswers(options.answers);
    if (!loaded.ok()) return Fail(kWrongUsage, loaded.status());
    answers = *std::move(loaded);
  }
  SetUpLog(config->log_json, config->log_level);

  IdentityStore store(options.state);
  if (store.Exists()) {
    const auto identity = store.Load();
    const std::string who = identity.ok() ? StrCat(" as machine ", identity->machine_id) : "";
    return Fail(kFailed, absl::AlreadyExistsError(StrCat(
                             "this machine is enrolled already", who, "; to enrol it anew, stop the agent, retire the machine with "
                             "`stewardctl machine retire`, delete ", store.directory().string(), " and run this command again")));
  }

  const std::unique_ptr<Platform> platform = NewHostPlatform();
  const MachineIdentity seen = ReadMachineIdentity(*platform);  // as root: with serial numbers
  if (absl::Status status = WorkAsOwnerOf(options.state); !status.ok()) return Fail(kFailed, status);
  const auto lock = StateLock::Take(options.state);
  if (!lock.ok()) return Fail(kFailed, lock.status());

  v1::MachineIdentity machine = IdentityMessage(seen, SteadyFingerprint(options.state, seen.hardware));
  if (!token->class_().empty()) machine.set_class_(token->class_());
  const auto identity = EnrollMachine(*token, machine, std::string(Version()), config->proxy);
  if (!identity.ok()) return Fail(kFailed, identity.status());

  if (!answers.empty()) {
    const absl::Status status = WriteWholeFile(std::filesystem::path(options.state) / "answers.toml", FormatAnswers(answers));
    if (!status.ok()) return Fail(kFailed, status);
  }
  if (absl::Status status = store.Create(*identity); !status.ok()) return Fail(kFailed, status);
  std::cout << "enrolled as machine " << identity->machine_id << " at " << identity->addresses.front()
            << "; start the agent with `" << StartCommand(options.state) << "`" << std::endl;
  return kDone;
}

}  // namespace steward::agent
