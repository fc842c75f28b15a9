#include "collector/collector.h"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <random>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/strip.h"
#include "base/text.h"
#include "boost/asio/post.hpp"
#include "collector/api/http_server.h"
#include "collector/api/services.h"
#include "collector/backup/nightly_backup.h"
#include "collector/config/rule_scopes.h"
#include "collector/coverage/coverage.h"
#include "collector/data_directory.h"
#include "collector/delivery/channel_list.h"
#include "collector/delivery/delivery_service.h"
#include "collector/delivery/delivery_thread.h"
#include "collector/delivery/heartbeat.h"
#include "collector/delivery/issue_link.h"
#include "collector/delivery/issue_page.h"
#include "collector/delivery/issue_words.h"
#include "collector/delivery/progress.h"
#include "collector/delivery/route.h"
#include "collector/delivery/stages/channel_stages.h"
#include "collector/delivery/storage_pulse.h"
#include "collector/identity/certificate_authority.h"
#include "collector/identity/enrollment.h"
#include "collector/identity/machine_registry.h"
#include "collector/identity/own_addresses.h"
#include "collector/identity/token_service.h"
#include "collector/ingest/ingest_metrics.h"
#include "collector/ingest/session_hub.h"
#include "collector/ingest/uplink_server.h"
#include "collector/issues/issue_engine.h"
#include "collector/latest/latest.h"
#include "collector/metrics/exposition.h"
#include "collector/policy/agent_policy.h"
#include "collector/policy/help_to_act.h"
#include "collector/policy/on_duty.h"
#include "collector/policy/policy_keeper.h"
#include "collector/policy/responsibility.h"
#include "collector/policy/site_book.h"
#include "collector/policy/window_keeper.h"
#include "collector/remote_write/remote_writer.h"
#include "collector/retention.h"
#include "collector/rules/rule_list.h"
#include "collector/storage/sqlite/sqlite_storage.h"
#include "collector/storage_health.h"
#include "prometheus/registry.h"
#include "spdlog/spdlog.h"

namespace steward::collector {
namespace {

constexpr absl::Duration kLookAtDiskEvery = absl::Seconds(5);

// What is opened before the parts are made, because it can fail.
struct Opened {
  DataDirectory data;
  std::unique_ptr<Storage> storage;
  CertificateAuthority authority;
};

absl::StatusOr<Opened> Open(const std::filesystem::path& path) {
  absl::StatusOr<DataDirectory> data = DataDirectory::Open(path);
  if (!data.ok()) return data.status();
  absl::StatusOr<std::unique_ptr<Storage>> storage = OpenSqliteStorage(data->database());
  if (!storage.ok()) return storage.status();
  absl::StatusOr<CertificateAuthority> authority = CertificateAuthority::OpenOrCreate(data->path(), SystemRandom());
  if (!authority.ok()) return authority.status();
  return Opened{*std::move(data), *std::move(storage), *std::move(authority)};
}

class RunningCollector final : public Collector {
 public:
  RunningCollector(CollectorOptions options, Opened opened, Clock& clock, boost::asio::io_context& core)
      : options_(std::move(options)),
        clock_(clock),
        core_(core),
        data_(std::move(opened.data)),
        storage_(std::move(opened.storage)),
        authority_(std::move(opened.authority)) {}

  ~RunningCollector() override {
    if (stopper_.joinable()) stopper_.join();
    delivery_thread_->Stop();
    remote_writer_.reset();  // reads and writes the storage
    // What becomes durable is still handed on, by a hub that asks the store; and that may queue more.
    do {
      FinishWrites();
      core_.restart();
    } while (core_.poll() > 0);
    // What was under way may hold sessions of the HTTP server: it ends before that does.
    heartbeat_.reset();
    deliveries_.reset();
    delivery_thread_.reset();
    core_.restart();
    core_.poll();
    storage_.reset();
  }

  absl::Status Start() {
    absl::Status status = registry_.Load();
    if (status.ok()) status = LoadLatest();
    if (status.ok()) status = coverage_->Load();
    UsePolicy();
    if (status.ok()) status = policies_.Load();
    if (status.ok()) status = StartDelivery();  // what waits in the outbox leaves by the routes in force
    if (status.ok()) status = StartRemoteWrite();
    if (status.ok()) status = windows_.Load();
    if (status.ok()) status = issues_.Start();
    if (status.ok()) status = StartUplink();
    if (status.ok()) status = StartHttp();
    if (status.ok()) status = data_.WriteEndpoints(agents_address(), http_url());
    if (!status.ok()) return status;
    retention_->Start();
    coverage_->Start();
    pulse_.Start();
    LookAtDisk();
    backups_.Start();
    return absl::OkStatus();
  }

  std::string agents_address() const override { return uplink_ == nullptr ? "" : uplink_->address().ToString(); }
  std::string http_url() const override { return http_.url(); }

  void Stop(std::function<void()> stopped) override {
    retention_->Stop();
    pulse_.Stop();
    disk_timer_->Cancel();
    backups_.Stop();
    policies_.Stop();
    hub_.Stop(absl::UnavailableError("collector stopping"));
    // Waits on another thread: what it waits for happens on this one.
    stopper_ = std::thread([this, stopped = std::move(stopped)] {
      http_.Stop();
      if (uplink_ != nullptr) uplink_->Stop(kStopGrace);
      boost::asio::post(core_, [this, stopped] {
        issues_.Stop();
        coverage_->Stop();
        stopped();
      });
    });
  }

 private:
  void FinishWrites() {
    storage_->WriteAndWait([](StorageTransaction&) { return absl::OkStatus(); }).IgnoreError();
  }

  absl::Status LoadLatest() {
    return storage_->Read([&](StorageReader& reader) {
      const absl::StatusOr<std::vector<MachineRecord>> machines = reader.ListMachines();
      if (machines.ok()) latest_.Load(*machines);
      return machines.status();
    });
  }

  // Another version of the policy is in force.
  void TakePolicy(const Policy& policy) {
    in_force_.policy = policy.config.policy;
    in_force_.rules = policy.config.rules;
    in_force_.rules_for = policy.config.rules_for;
    in_force_.routes = policy.config.routes;
    UsePolicy();
    issues_.Reconfigure(MakeRules(policy.own_rules, options_.os_support, in_force_.policy.entries));
  }

  void UsePolicy() {
    sites_ = SiteBook(in_force_.policy, DeliveryHours(in_force_.delivery).zone());
    windows_.UsePolicy(in_force_.policy, sites_.Zones());
    routes_.Set(in_force_);
    help_.UsePolicy(in_force_.policy);
  }

  // Of this collector itself. The pulse writes every few seconds.
  CollectorHealth HowItIs() {
    const std::uint64_t writes = ingest_progress_.count();
    if (writes != std::exchange(writes_seen_, writes)) stored_ = clock_.WallNow();
    CollectorHealth health;
    if (const auto room = health_.room()) health.room = CollectorHealth::Room{room->free_bytes, room->total_bytes};
    health.stored = stored_;
    health.makes_backups = options_.config.backup.enabled;
    health.last_backup = backups_.last();
    return health;
  }

  IssueJudge::Needs NeedsOf(const MachineRecord& machine) const {
    IssueJudge::Needs needs;
    for (const GroupConfig& group : in_force_.policy.groups) {
      if (!IsInGroup(group, {machine.id, machine.host_name, machine.site, machine.machine_class})) continue;
      if (!group.powered_by.empty()) needs.powered_by.push_back(group.powered_by);
      if (!group.runs_on.empty()) needs.runs_on.push_back(group.runs_on);
    }
    return needs;
  }

  OnDuty DutyFor(const v1::Issue& issue) const {
    return WhoIsOnDuty(in_force_.policy, issue.party(), sites_.ZoneOf(issue.site()), clock_.WallNow());
  }

  // By the routes, and to who is on duty.
  std::vector<std::string> ChannelsFor(const v1::Issue& issue, Severity reach) const {
    std::vector<std::string> channels = routes_.ChannelsFor(issue, reach);
    for (const std::string& channel : DutyFor(issue).channels) {
      if (std::find(channels.begin(), channels.end(), channel) == channels.end()) channels.push_back(channel);
    }
    return channels;
  }

  // What people read beside what is wrong.
  void Help(v1::Issue& issue) {
    help_.Fill(issue);
    const std::string note = DutyFor(issue).note;
    if (note.empty() && !issue.has_evidence()) return;
    auto& details = *issue.mutable_evidence()->mutable_details();
    if (note.empty()) details.erase(kOnDutyDetail);
    else details[kOnDutyDetail] = note;
  }

  // What links onto a machine may name of it.
  MachinePlaces PlacesOf(const MachineId& id) {
    MachinePlaces places;
    const MachinePointer machine = registry_.Find(id);
    if (machine == nullptr) return places;
    places.host = machine->host_name;
    places.address = machine->address;
    const absl::Status read = storage_->Read([&](StorageReader& reader) {
      const auto facts = reader.ListFacts(id);
      if (!facts.ok()) return facts.status();
      for (const FactRecord& fact : *facts) {
        if (fact.group != "identity") continue;
        if (fact.key == "serial") places.serial = fact.value;
        if (fact.key == "domain") places.fqdn = StrCat(places.host, ".", fact.value);
      }
      return absl::OkStatus();
    });
    if (!read.ok()) spdlog::warn("what links onto machine {} name of it cannot be read: {}", places.host, read.ToString());
    if (places.host.find('.') != std::string::npos) places.fqdn = places.host;
    return places;
  }

  TextSettings TextOfSettings() const {
    const DeliveryConfig& config = options_.config.delivery;
    return {DeliveryHours(config).zone(), std::string(absl::StripSuffix(config.public_url, "/")), issue_link_key_};
  }

  // Without a key links open nothing by themselves; that is no reason not to watch.
  void FindIssueLinkKey() {
    absl::StatusOr<std::string> key = FindOrMakeIssueLinkKey(*storage_, SystemRandom());
    if (key.ok()) issue_link_key_ = *std::move(key);
    else spdlog::warn("links in messages are not signed: {}", std::string(key.status().message()));
  }

  absl::Status StartDelivery() {
    FindIssueLinkKey();
    absl::StatusOr<std::vector<std::unique_ptr<Channel>>> channels =
        MakeChannels(options_.config.channels, {delivery_thread_->executor(), delivery_thread_->http(), clock_, TextOfSettings()});
    if (!channels.ok()) return channels.status();
    auto random = [engine = std::mt19937_64(std::random_device()())]() mutable {
      return std::uniform_real_distribution<double>(0, 1)(engine);
    };
    deliveries_ = std::make_unique<DeliveryService>(
        DeliveryService::Parts{*storage_, clock_, delivery_thread_->executor(), *std::move(channels), std::move(random), prometheus_,
                               outbox_progress_, [this](const std::string& channel) { return MakeStages(options_.config, channel, routes_); }});
    deliveries_->Start();
    heartbeat_ = std::make_unique<Heartbeat>(
        options_.config.heartbeat,
        std::vector<Heartbeat::Loop>{{"ingest", ingest_progress_}, {"rules", issues_progress_}, {"outbox", outbox_progress_}},
        clock_, delivery_thread_->executor(), delivery_thread_->http(), prometheus_);
    return absl::OkStatus();
  }

  absl::Status StartRemoteWrite() {
    if (options_.config.remote_write.empty()) return absl::OkStatus();
    absl::StatusOr<std::unique_ptr<RemoteWriter>> writer =
        RemoteWriter::Start(options_.config.remote_write, *storage_, clock_, prometheus_);
    if (!writer.ok()) return writer.status();
    remote_writer_ = *std::move(writer);
    return absl::OkStatus();
  }

  absl::Status StartUplink() {
    absl::StatusOr<std::unique_ptr<UplinkServer>> uplink = UplinkServer::Start(
        options_.config.listen.agents, {core_.get_executor(), clock_, authority_, registry_, enrollment_, hub_, ingest_metrics_});
    if (!uplink.ok()) return uplink.status();
    uplink_ = *std::move(uplink);
    tokens_.SetDefaultAddresses(DefaultAgentAddresses(uplink_->address(), OwnAddresses));
    return absl::OkStatus();
  }

  absl::Status StartHttp() {
    AddMachineService(clock_, latest_, *storage_, registry_, rpc_,
                      [this](StorageReader& reader, const MachineRecord& machine, int count) {
                        return coverage_->Days(reader, machine, count);
                      });
    AddTokenService(tokens_, rpc_);
    AddIssueService(*storage_, issues_, rpc_);
    AddWindowService(*storage_, windows_, rpc_);
    AddPolicyService(policies_, rpc_);
    AddAuditService(*storage_, rpc_);
    AddSampleService(clock_, *storage_, rpc_);
    AddChannelService(*storage_, *deliveries_, rpc_);
    AddStatusService(
        latest_, *storage_,
        [this] {
          return IngestProgress{ingest_metrics_.samples_total(), ingest_metrics_.SamplesPerSecond(clock_.WallNow()),
                                ingest_metrics_.last_commit_time()};
        },
        [this] { return CollectorFacts{options_.version, agents_address(), http_url()}; }, rpc_);
    return http_.Start();
  }

  absl::StatusOr<Caller> CheckToken(std::string_view text) {
    const absl::StatusOr<TokenRecord> token = tokens_.CheckApiToken(text);
    if (!token.ok()) return token.status();
    const std::optional<Role> role = ParseRole(token->role);
    if (!role) return absl::PermissionDeniedError(StrCat("token ", token->id, " has a role that this version does not know"));
    return Caller{*role, StrCat("token ", token->id), ""};
  }

  void LookAtDisk() {
    health_.Look();
    disk_timer_->Start(kLookAtDiskEvery, [this] { LookAtDisk(); });
  }

  // The parts, each made of those above it.
  const CollectorOptions options_;
  Clock& clock_;
  boost::asio::io_context& core_;
  const DataDirectory data_;
  std::unique_ptr<Storage> storage_;
  const CertificateAuthority authority_;
  prometheus::Registry prometheus_;
  MachineRegistry registry_{*storage_, core_.get_executor()};
  TokenService tokens_{*storage_, clock_, SystemRandom(), authority_.certificate_sha256()};
  EnrollmentService enrollment_{authority_, registry_, clock_, SystemRandom(), [this](const std::string& machine_class) {
                                  return IntervalFor(options_.config.agents, machine_class);
                                }};
  Latest latest_{clock_};
  const std::shared_ptr<Coverage> coverage_ = std::make_shared<Coverage>(*storage_, clock_, core_.get_executor());
  const CoverageRatio coverage_ratio_ = [this](const MachineRecord& machine) { return coverage_->Ratio(machine); };
  Exposition exposition_{latest_, *storage_, prometheus_, coverage_ratio_};
  Progress ingest_progress_, issues_progress_, outbox_progress_;
  std::uint64_t writes_seen_ = 0;               // of ingest_progress_, when it was looked at last
  absl::Time stored_ = absl::InfinitePast();    // when it had moved
  StorageHealth health_{data_.database().string(), [path = data_.path().string()] { return RoomOf(path); }, prometheus_};
  std::string issue_link_key_;
  const std::unique_ptr<Timer> disk_timer_ = clock_.NewTimer(core_.get_executor());
  StoragePulse pulse_{*storage_, clock_, core_.get_executor(), ingest_progress_, [this] { return health_.failing(); },
                      [this](const absl::Status& status) { health_.Tried(status); }};
  std::unique_ptr<DeliveryThread> delivery_thread_ = std::make_unique<DeliveryThread>();
  std::unique_ptr<DeliveryService> deliveries_;
  std::unique_ptr<Heartbeat> heartbeat_;
  std::unique_ptr<RemoteWriter> remote_writer_;
  const std::unique_ptr<Reachability> reachability_ = NewReachability(core_.get_executor(), clock_);
  Config in_force_ = options_.config;  // with the policy that is in force; core thread
  SiteBook sites_{in_force_.policy, absl::UTCTimeZone()};
  RouteTable routes_;
  HelpToAct help_{[this](const MachineId& id) { return PlacesOf(id); }};
  WindowKeeper windows_{*storage_, clock_, core_.get_executor()};
  RuleMetrics rule_metrics_{prometheus_};
  IssueEngine issues_{{*storage_, clock_, core_.get_executor(), *reachability_, MakeRules(options_.own_rules, options_.os_support, in_force_.policy.entries),
                       [this](std::string_view rule, const MachineRecord& machine) {
                         return RuleFor(in_force_, rule, {machine.id, machine.host_name, machine.site, machine.machine_class});
                       },
                       [this](const v1::Issue& issue, Severity reach) { return ChannelsFor(issue, reach); }, [this] { deliveries_->Wake(); }, issues_progress_,
                       [this](std::string_view site) -> const SiteTerms& { return sites_.TermsOf(site); },
                       [this](const v1::Issue& issue, std::string_view by_rule) {
                         return ResponsibleParty(in_force_.policy.responsibility, issue, by_rule);
                       },
                       [this](v1::Issue& issue) { Help(issue); }, &windows_.book(), [this] { return HowItIs(); }, &rule_metrics_,
                       [this](const MachineRecord& machine) { return NeedsOf(machine); },
                       [this] { return in_force_.policy.first_weeks; }}};
  PolicyKeeper policies_{{*storage_, clock_, core_.get_executor(), options_.config.channels, options_.policy_text,
                          [this](const Policy& policy) { TakePolicy(policy); }}};
  IngestMetrics ingest_metrics_{prometheus_};
  SessionHub hub_{{*storage_, clock_, core_.get_executor(), authority_, registry_, ingest_metrics_, options_.config.agents,
                   std::vector<ObservationSink*>{&latest_, coverage_.get(), &issues_}, options_.version,
                   [this](const absl::Status& status) { health_.Tried(status); }}};
  const std::shared_ptr<Retention> retention_ = std::make_shared<Retention>(options_.config.retention, *storage_, clock_, core_.get_executor());
  NightlyBackup backups_{{options_.config.backup, data_.path(), clock_, core_.get_executor(), prometheus_, SystemRandom(),
                          options_.version}};
  RpcTable rpc_;
  HttpServer http_{{options_.config.listen.http, options_.config.listen.http_certificate, options_.config.listen.http_key,
                    data_.socket().string()},
                   {latest_, exposition_, *storage_, rpc_, prometheus_, [this](std::string_view text) { return CheckToken(text); },
                    [this] { return health_.Ready(); }, ::geteuid(), options_.version, coverage_ratio_,
                    [this](std::string_view id) { return IssuePage(*storage_, id, TextOfSettings()); },
                    [this](std::string_view id, std::string_view query) {
                      return OpensIssue(issue_link_key_, id, query, clock_.WallNow());
                    }}};
  std::unique_ptr<UplinkServer> uplink_;
  std::thread stopper_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<Collector>> Collector::Start(CollectorOptions options, Clock& clock,
                                                            boost::asio::io_context& core) {
  absl::StatusOr<Opened> opened = Open(options.data);
  if (!opened.ok()) return opened.status();
  auto collector = std::make_unique<RunningCollector>(std::move(options), *std::move(opened), clock, core);
  if (absl::Status status = collector->Start(); !status.ok()) {
    // An agent may be connected already.
    bool stopped = false;
    collector->Stop([&stopped] { stopped = true; });
    while (!stopped) core.run_one_for(std::chrono::milliseconds(100));
    return status;
  }
  return collector;
}

}  // namespace steward::collector
