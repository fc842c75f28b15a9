// Everything behind the HTTP port in one piece, on storage in memory and a clock that stands still.
#pragma once

#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>

#include "base/manual_clock.h"
#include "boost/asio/io_context.hpp"
#include "collector/api/http_router.h"
#include "collector/api/services.h"
#include "collector/api/token_caller.h"
#include "collector/identity/machine_registry.h"
#include "collector/identity/random.h"
#include "collector/identity/token_service.h"
#include "collector/latest/latest.h"
#include "collector/metrics/exposition.h"
#include "collector/storage/memory/memory_storage.h"
#include "prometheus/registry.h"
#include "tests/support/observed_machine.h"

namespace steward::collector {

// Answers at once; knows one channel, "partner".
class OneChannel final : public ChannelTester {
 public:
  void TestChannel(const std::string& channel,
                   std::function<void(absl::StatusOr<v1::TestChannelResponse>)> done) override {
    if (channel != "partner") return done(absl::NotFoundError("no channel of this name; there is: partner"));
    v1::TestChannelResponse response;
    response.set_delivered(true);
    response.set_answer("204");
    done(response);
  }
  void RetryDeliveries(const std::string&, const std::string&, const std::string&,
                       std::function<void(absl::StatusOr<std::vector<OutboxRecord>>)> done) override {
    done(absl::NotFoundError("nothing was given up"));
  }
};

// Does nothing and remembers who asked.
class IdleDesk final : public IssueDesk {
 public:
  void Act(v1::ActOnIssueRequest request, Actor by, Done done) override {
    actor = std::move(by);
    v1::Issue issue;
    issue.set_id(request.id());
    done(issue);
  }
  void Create(v1::CreateIssueRequest request, std::optional<MachineRecord> machine, Actor by, Done done) override {
    actor = std::move(by);
    v1::Issue issue;
    issue.set_title(request.title());
    if (machine) issue.set_machine_id(machine->id);
    done(issue);
  }
  void Drill(std::string type, MachineRecord machine, Actor by, Done done) override {
    actor = std::move(by);
    v1::Issue issue;
    issue.set_type(std::move(type));
    issue.set_machine_id(machine.id);
    done(issue);
  }
  void ReleaseFindings(v1::ReleaseFindingsRequest request, Actor by,
                       std::function<void(absl::StatusOr<std::vector<v1::Issue>>)> done) override {
    actor = std::move(by);
    std::vector<v1::Issue> issues(1);
    issues[0].set_type(request.type());
    done(std::move(issues));
  }
  void ListWatched(std::string machine_id, std::function<void(absl::StatusOr<v1::ListWatchedResponse>)> done) override {
    v1::ListWatchedResponse response;
    response.set_machine_id(machine_id);
    done(std::move(response));
  }

  Actor actor;
};

// One thread.
class ApiRig {
 public:
  static constexpr uid_t kOwnUser = 990;

  ApiRig() {
    AddMachineService(clock, latest, *storage, machines, rpc);
    AddTokenService(tokens, rpc);
    AddIssueService(*storage, desk, rpc);
    AddAuditService(*storage, rpc);
    AddSampleService(clock, *storage, rpc);
    AddChannelService(*storage, channels, rpc);
    AddStatusService(
        latest, *storage, [this] { return progress; },
        [] {
          return CollectorFacts{.version = "1.2.3", .agents_address = "127.0.0.1:7443", .http_address = "http://127.0.0.1:7480"};
        },
        rpc);
    machines.AddListener([this](const MachinePointer& machine) { latest.OnMachineChanged(*machine); });
  }

  HttpRouterParts Parts() {
    return {.latest = latest,
            .exposition = exposition,
            .storage = *storage,
            .rpc = rpc,
            .registry = registry,
            .check_token = [this](std::string_view token) { return CheckToken(token); },
            .ready = [this] { return ready; },
            .own_user = kOwnUser,
            .version = "1.2.3"};
  }

  void AddMachine(const MachineRecord& record) {
    Write([&](StorageTransaction& transaction) { return transaction.PutMachine(record); });
    if (const absl::Status loaded = machines.Load(); !loaded.ok()) throw std::runtime_error(loaded.ToString());
    latest.OnMachineChanged(record);
  }
  void AddIssue(const v1::Issue& issue) {
    IssueRecord record;
    record.issue = issue;
    record.dedupe_key = issue.machine_id() + "/" + issue.type() + "/" + issue.subject();
    Write([&](StorageTransaction& transaction) { return transaction.PutIssue(record); });
  }
  std::string ApiToken(const std::string& role) {
    v1::CreateApiTokenRequest request;
    request.set_role(role);
    std::string token;
    tokens.CreateApiToken(request, "me", [&](auto response) {
      if (!response.ok()) throw std::runtime_error(response.status().ToString());
      token = response->token();
    });
    return token;
  }
  void Write(Storage::WriteFunction write) {
    absl::Status written = absl::UnknownError("not called");
    storage->Write(std::move(write), [&](absl::Status status) { written = std::move(status); });
    if (!written.ok()) throw std::runtime_error(written.ToString());
  }

  ManualClock clock{absl::FromUnixSeconds(1'700'000'000)};
  boost::asio::io_context core;
  std::unique_ptr<Storage> storage = NewMemoryStorage(MemoryWriter::kInline);
  prometheus::Registry registry;
  Latest latest{clock};
  Exposition exposition{latest, *storage, registry};
  MachineRegistry machines{*storage, core.get_executor()};
  TokenService tokens{*storage, clock, SystemRandom(), std::string(32, 'c')};
  OneChannel channels;
  IdleDesk desk;
  RpcTable rpc;
  IngestProgress progress;
  absl::Status ready;

 private:
  absl::StatusOr<Caller> CheckToken(std::string_view token) { return CallerOfToken(tokens, token); }
};

}  // namespace steward::collector
