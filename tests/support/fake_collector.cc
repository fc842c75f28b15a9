#include "tests/support/fake_collector.h"

#include <grpcpp/grpcpp.h>

#include <algorithm>
#include <deque>
#include <mutex>
#include <thread>

#include "agent/identity/machine_key.h"
#include "agent/spool/interval_set.h"
#include "collector/identity/certificate_authority.h"
#include "proto/wire/descriptor.h"
#include "proto/wire/segment_codec.h"
#include "steward/v1/enrollment.grpc.pb.h"
#include "steward/v1/uplink.grpc.pb.h"
#include "tests/support/temp_dir.h"

namespace steward {
namespace {

using Key = std::pair<std::uint64_t, std::uint64_t>;
using Stream = grpc::ServerReaderWriter<v1::CollectorMessage, v1::AgentMessage>;

grpc::Status ToGrpc(const absl::Status& status) {
  return {static_cast<grpc::StatusCode>(status.code()), std::string(status.message())};
}

}  // namespace

struct FakeCollector::State {
  mutable std::mutex mutex;
  FakeCollectorScript script;
  std::map<Key, std::int64_t> committed;
  std::map<Key, std::string> payloads;
  std::map<std::uint64_t, wire::DescriptorTable> tables;
  std::map<Key, std::uint32_t> intervals;  // of a group (epoch, id): keeps its meaning within the epoch
  std::vector<std::string> complaints;
  std::uint64_t duplicates = 0;
  std::uint64_t batches = 0;
  std::uint64_t most_unacknowledged = 0;
  int connections = 0;
  std::vector<v1::Hello> hellos;
  std::vector<v1::GapDeclaration> gaps;
  std::vector<v1::ClockReading> clocks;
  std::vector<Key> order;
  std::vector<v1::Inventory> inventories;
  std::vector<v1::MachineEvent> events;
  std::vector<std::string> peers;
  std::vector<v1::EnrollRequest> enrollments;

  TempDir directory;
  std::unique_ptr<collector::CertificateAuthority> authority;
  int port = 0;
  std::unique_ptr<v1::AgentUplink::Service> uplink;
  std::unique_ptr<v1::Enrollment::Service> enrollment;
  std::unique_ptr<grpc::Server> server;

  void Complain(const std::string& what) { complaints.push_back(what); }
};

class FakeCollector::UplinkService final : public v1::AgentUplink::Service {
 public:
  explicit UplinkService(State& state) : state_(state) {}

  grpc::Status Connect(grpc::ServerContext* context, Stream* stream) override {
    FakeCollectorScript script;
    {
      const std::lock_guard lock(state_.mutex);
      script = state_.script;
      ++state_.connections;
      const auto pem = context->auth_context()->FindPropertyValues("x509_pem_cert");
      state_.peers.emplace_back(pem.empty() ? std::string() : std::string(pem[0].data(), pem[0].size()));
    }
    if (!script.refuse_streams.ok()) return ToGrpc(script.refuse_streams);
    Conversation conversation{state_, script, *stream};
    v1::AgentMessage message;
    int messages = 0;
    while (true) {
      if (script.read_pause > absl::ZeroDuration()) std::this_thread::sleep_for(absl::ToChronoMilliseconds(script.read_pause));
      if (!stream->Read(&message)) return grpc::Status::OK;
      if (const grpc::Status status = conversation.Take(message); !status.ok()) return status;
      if (script.cut_after_messages > 0 && ++messages >= script.cut_after_messages) {
        return {grpc::StatusCode::UNAVAILABLE, "cut by the test"};
      }
    }
  }

 private:
  struct Conversation {
    State& state;
    const FakeCollectorScript script;
    Stream& stream;
    std::unique_ptr<wire::SegmentDecoder> decoder = nullptr;
    std::uint64_t epoch = 0;
    std::uint64_t next_sequence = 0;
    std::unique_ptr<wire::SegmentDecoder> backlog_decoder = nullptr;
    std::uint64_t backlog_epoch = 0;
    std::uint64_t backlog_next = 0;
    std::uint64_t backlog_wanted = 0;
    std::uint64_t backlog_granted = 0;
    std::uint64_t unacknowledged = 0;
    bool in_backlog = false;
    std::deque<v1::CollectorMessage> held = {};

    grpc::Status Take(const v1::AgentMessage& message) {
      const std::lock_guard lock(state.mutex);
      switch (message.message_case()) {
        case v1::AgentMessage::kHello:
          state.hellos.push_back(message.hello());
          if (!script.silent) Welcome(message.hello());
          break;
        case v1::AgentMessage::kDescriptors:
          if (message.descriptors().epoch() == script.poison_epoch) return {grpc::StatusCode::INVALID_ARGUMENT, "poison"};
          for (const v1::ProbeGroup& group : message.descriptors().groups()) {
            const auto [known, fresh] = state.intervals.emplace(Key{message.descriptors().epoch(), group.id()}, group.interval_ms());
            if (!fresh && known->second != group.interval_ms()) {
              state.Complain("a group was described differently before in this epoch");
              return {grpc::StatusCode::INVALID_ARGUMENT, "described differently before in this epoch"};
            }
          }
          if (const absl::Status status = state.tables[message.descriptors().epoch()].Add(message.descriptors()); !status.ok()) {
            state.Complain(status.ToString());
          }
          break;
        case v1::AgentMessage::kSegment:
          epoch = message.segment().epoch();
          next_sequence = message.segment().first_sequence();
          decoder = std::make_unique<wire::SegmentDecoder>(state.tables[epoch]);
          break;
        case v1::AgentMessage::kBatch:
          TakeBatch(message.batch());
          break;
        case v1::AgentMessage::kInventory: {
          state.inventories.push_back(message.inventory());
          v1::CollectorMessage answer;
          answer.mutable_inventory()->set_digest(message.inventory().digest());
          stream.Write(answer);
          break;
        }
        case v1::AgentMessage::kGap:
          state.gaps.push_back(message.gap());
          break;
        case v1::AgentMessage::kRenew:
          Renew(message.renew());
          break;
        case v1::AgentMessage::kClock:
          state.clocks.push_back(message.clock());
          break;
        case v1::AgentMessage::kBacklogRequest:
          backlog_wanted = message.backlog_request().batches();
          if (backlog_wanted == 0) backlog_granted = 0;
          GrantBacklog();
          break;
        case v1::AgentMessage::kBacklog:
          TakeBacklog(message.backlog());
          break;
        case v1::AgentMessage::MESSAGE_NOT_SET:
          state.Complain("an empty message");
      }
      return grpc::Status::OK;
    }

    void GrantBacklog() {
      if (backlog_granted > 0 || backlog_wanted == 0) return;
      backlog_granted = std::min(backlog_wanted, script.backlog_turn);
      backlog_wanted -= backlog_granted;
      v1::CollectorMessage answer;
      answer.mutable_credit()->set_backlog_batches(static_cast<std::uint32_t>(backlog_granted));
      stream.Write(answer);
    }

    void TakeBacklog(const v1::Backlog& group) {
      if (group.has_segment()) {
        backlog_epoch = group.segment().epoch();
        backlog_next = group.segment().first_sequence();
        backlog_decoder = std::make_unique<wire::SegmentDecoder>(state.tables[backlog_epoch]);
      }
      const auto count = static_cast<std::uint64_t>(group.batches_size());
      if (count > backlog_granted) state.Complain("more backlog than granted");
      backlog_granted -= std::min(count, backlog_granted);
      // As if it were the live segment, which waits meanwhile.
      const auto exchange = [this] {
        std::swap(decoder, backlog_decoder);
        std::swap(epoch, backlog_epoch);
        std::swap(next_sequence, backlog_next);
      };
      exchange();
      in_backlog = true;
      for (const v1::Batch& batch : group.batches()) TakeBatch(batch);
      in_backlog = false;
      exchange();
      GrantBacklog();
    }

    void Welcome(const v1::Hello& hello) {
      v1::CollectorMessage answer;
      v1::Welcome& welcome = *answer.mutable_welcome();
      welcome.set_collector_version("fake");
      welcome.set_window_batches(script.window);
      welcome.set_takes_backlog(script.takes_backlog);
      welcome.set_wall_ms(absl::ToUnixMillis(absl::Now()));
      welcome.set_inventory_digest(script.inventory_digest);
      welcome.mutable_policy()->mutable_interval()->set_seconds(script.interval_s);
      welcome.mutable_certificate_renew_time()->set_seconds(
          absl::ToUnixSeconds(absl::Now() + (script.renew ? absl::Hours(-1) : absl::Hours(1000))));
      for (const v1::EpochRanges& held_ranges : hello.held()) {
        agent::IntervalSet has;
        for (const auto& [key, value] : state.committed) {
          if (key.first == held_ranges.epoch()) has.Add(key.second, key.second);
        }
        v1::EpochRanges& out = *welcome.add_committed();
        out.set_epoch(held_ranges.epoch());
        for (const agent::SequenceSpan& span : has.spans()) {
          v1::SequenceRange& range = *out.add_ranges();
          range.set_first(span.first);
          range.set_last(span.last);
        }
      }
      stream.Write(answer);
      if (script.send_garbage) SendGarbage(hello.epoch());
    }

    void SendGarbage(std::uint64_t running) {
      for (const std::uint64_t some_epoch : {std::uint64_t{4711}, running}) {
        for (const auto& [first, last] : {Key{9, 3}, Key{0, 0}, Key{500, UINT64_MAX}, Key{UINT64_MAX, UINT64_MAX}}) {
          v1::CollectorMessage answer;
          v1::Acknowledgement& acknowledgement = *answer.mutable_acknowledgement();
          acknowledgement.set_epoch(some_epoch);
          v1::SequenceRange& range = *acknowledgement.add_committed();
          range.set_first(first);
          range.set_last(last);
          v1::Refusal& refusal = *acknowledgement.add_refused();
          refusal.mutable_range()->set_first(first);
          refusal.mutable_range()->set_last(last);
          stream.Write(answer);
        }
      }
      stream.Write(v1::CollectorMessage());
      v1::CollectorMessage renewal;
      renewal.mutable_renewal()->set_certificate_der("not one");
      stream.Write(renewal);
      v1::CollectorMessage policy;
      policy.mutable_policy()->mutable_interval()->set_seconds(-5);
      stream.Write(policy);
    }

    void Renew(const v1::RenewRequest& request) {
      const auto certificate = state.authority->SignMachine(request.certificate_request_der(), "renewed", absl::Now());
      if (!certificate.ok()) return state.Complain(certificate.status().ToString());
      v1::CollectorMessage answer;
      answer.mutable_renewal()->set_certificate_der(certificate->der);
      stream.Write(answer);
    }

    void TakeBatch(const v1::Batch& batch) {
      ++state.batches;
      if (batch.sequence() != next_sequence) state.Complain("a hole before batch " + std::to_string(batch.sequence()));
      next_sequence = batch.sequence() + 1;
      wire::DecodedBatch decoded;
      const absl::Status status = decoder ? decoder->Decode(batch.samples(), decoded) : absl::InternalError("no segment");
      if (!status.ok()) return state.Complain(status.ToString());
      const Key key{epoch, batch.sequence()};
      if (batch.sequence() == script.refuse_sequence) return Refuse(key);
      if (!script.commit) return;
      for (const v1::MachineEvent& event : batch.events()) state.events.push_back(event);
      const auto [known, fresh] = state.payloads.emplace(key, batch.samples());
      if (!fresh && known->second != batch.samples()) {
        if (script.refuse_other_content) return Refuse(key);
        state.Complain("other content under a known identity");
      }
      if (!state.committed.emplace(key, decoded.groups.empty() ? 0 : decoded.groups[0].values[0].value).second) {
        ++state.duplicates;
      } else if (state.order.push_back(key); !in_backlog) {
        ++unacknowledged;
        state.most_unacknowledged = std::max(state.most_unacknowledged, unacknowledged);
      }
      if (script.lose_acknowledgements) return;
      v1::CollectorMessage answer;
      answer.mutable_acknowledgement()->set_epoch(epoch);
      v1::SequenceRange& range = *answer.mutable_acknowledgement()->add_committed();
      range.set_first(batch.sequence());
      range.set_last(batch.sequence());
      held.push_back(answer);
      if (static_cast<int>(held.size()) <= script.reorder_acknowledgements) return;
      while (!held.empty()) {
        stream.Write(held.back());
        held.pop_back();
        if (unacknowledged > 0) --unacknowledged;
      }
    }

    void Refuse(const Key& key) {
      v1::CollectorMessage answer;
      answer.mutable_acknowledgement()->set_epoch(key.first);
      v1::Refusal& refusal = *answer.mutable_acknowledgement()->add_refused();
      refusal.mutable_range()->set_first(key.second);
      refusal.mutable_range()->set_last(key.second);
      refusal.set_cause(script.refuse_cause);
      refusal.set_message("refused by the test");
      stream.Write(answer);
    }
  };

  State& state_;
};

class FakeCollector::EnrollmentService final : public v1::Enrollment::Service {
 public:
  explicit EnrollmentService(State& state) : state_(state) {}

  grpc::Status Enroll(grpc::ServerContext*, const v1::EnrollRequest* request, v1::EnrollResponse* response) override {
    const std::lock_guard lock(state_.mutex);
    state_.enrollments.push_back(*request);
    if (!state_.script.refuse_streams.ok()) return ToGrpc(state_.script.refuse_streams);
    const std::string id = "00000000-0000-4000-8000-00000000000" + std::to_string(state_.enrollments.size() % 10);
    const auto certificate = state_.authority->SignMachine(request->certificate_request_der(), id, absl::Now());
    if (!certificate.ok()) return ToGrpc(certificate.status());
    response->set_machine_id(id);
    response->set_certificate_der(certificate->der);
    response->set_ca_certificate_der(state_.authority->certificate_der());
    return grpc::Status::OK;
  }

 private:
  State& state_;
};

FakeCollector::FakeCollector() : state_(std::make_unique<State>()) {
  auto authority = collector::CertificateAuthority::OpenOrCreate(state_->directory.path(), collector::SystemRandom());
  if (!authority.ok()) std::abort();
  state_->authority = std::make_unique<collector::CertificateAuthority>(*std::move(authority));
  state_->uplink = std::make_unique<UplinkService>(*state_);
  state_->enrollment = std::make_unique<EnrollmentService>(*state_);
}

FakeCollector::~FakeCollector() { Stop(); }

void FakeCollector::Start() {
  grpc::SslServerCredentialsOptions options(GRPC_SSL_REQUEST_CLIENT_CERTIFICATE_BUT_DONT_VERIFY);
  options.pem_key_cert_pairs.push_back({state_->authority->server_key_pem(), state_->authority->server_chain_pem()});
  grpc::ServerBuilder builder;
  builder.AddListeningPort("127.0.0.1:" + std::to_string(state_->port), grpc::SslServerCredentials(options), &state_->port);
  builder.RegisterService(state_->uplink.get());
  builder.RegisterService(state_->enrollment.get());
  state_->server = builder.BuildAndStart();
  if (!state_->server) std::abort();
}

void FakeCollector::Stop() {
  if (!state_->server) return;
  state_->server->Shutdown(std::chrono::system_clock::now());
  state_->server->Wait();
  state_->server.reset();
}

void FakeCollector::SetScript(const FakeCollectorScript& script) {
  const std::lock_guard lock(state_->mutex);
  state_->script = script;
}

std::string FakeCollector::address() const { return "127.0.0.1:" + std::to_string(state_->port); }
std::string FakeCollector::ca_pem() const { return state_->authority->certificate_pem(); }
std::string FakeCollector::ca_sha256() const { return state_->authority->certificate_sha256(); }

agent::Identity FakeCollector::NewIdentity(const std::string& machine_id) {
  agent::Identity identity;
  identity.machine_id = machine_id;
  identity.addresses = {address()};
  identity.ca_pem = ca_pem();
  identity.key_pem = *agent::NewMachineKeyPem();
  const auto der = state_->authority->SignMachine(*agent::CertificateRequestDer(identity.key_pem), machine_id, absl::Now());
  identity.certificate_pem = *agent::CertificatePemFromDer(der->der);
  return identity;
}

v1::EnrollmentToken FakeCollector::NewToken() {
  v1::EnrollmentToken token;
  token.add_addresses(address());
  token.set_ca_sha256(ca_sha256());
  token.set_secret(std::string(32, 's'));
  token.set_site("office");
  token.mutable_expire_time()->set_seconds(absl::ToUnixSeconds(absl::Now() + absl::Hours(1)));
  return token;
}

#define STEWARD_LOCKED_GETTER(type, name, field) \
  type FakeCollector::name() const {             \
    const std::lock_guard lock(state_->mutex);   \
    return state_->field;                        \
  }
using Committed = std::map<Key, std::int64_t>;
STEWARD_LOCKED_GETTER(Committed, committed, committed)
STEWARD_LOCKED_GETTER(std::vector<std::string>, complaints, complaints)
STEWARD_LOCKED_GETTER(std::uint64_t, duplicates, duplicates)
STEWARD_LOCKED_GETTER(std::uint64_t, batches_received, batches)
STEWARD_LOCKED_GETTER(std::uint64_t, most_unacknowledged, most_unacknowledged)
STEWARD_LOCKED_GETTER(int, connections, connections)
STEWARD_LOCKED_GETTER(std::vector<v1::Hello>, hellos, hellos)
STEWARD_LOCKED_GETTER(std::vector<v1::GapDeclaration>, gaps, gaps)
STEWARD_LOCKED_GETTER(std::vector<v1::ClockReading>, clocks, clocks)
STEWARD_LOCKED_GETTER(std::vector<Key>, order, order)
STEWARD_LOCKED_GETTER(std::vector<v1::Inventory>, inventories, inventories)
STEWARD_LOCKED_GETTER(std::vector<v1::MachineEvent>, events, events)
STEWARD_LOCKED_GETTER(std::vector<std::string>, peer_certificates, peers)
STEWARD_LOCKED_GETTER(std::vector<v1::EnrollRequest>, enrollments, enrollments)
#undef STEWARD_LOCKED_GETTER

void FakeCollector::Forget(std::uint64_t epoch, std::uint64_t above_sequence) {
  const std::lock_guard lock(state_->mutex);
  std::erase_if(state_->committed, [&](const auto& e) { return e.first.first == epoch && e.first.second > above_sequence; });
}

}  // namespace steward
