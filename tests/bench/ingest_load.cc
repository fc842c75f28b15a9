// Feeds the workload to a real collector as 200 machines over mutual TLS, as fast as acknowledgements allow, and prints
// what crossed the wire as JSON. ingest_workload.py starts the collector and measures it.
//
// usage: bench-ingest-load TOKEN CA_FILE [HOSTS [CYCLES]]     (the token needs HOSTS uses; ends when its input does)
#include <grpcpp/grpcpp.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "absl/time/clock.h"
#include "proto/wire/enrollment_token.h"
#include "proto/wire/segment_codec.h"
#include "steward/v1/enrollment.grpc.pb.h"
#include "steward/v1/uplink.grpc.pb.h"
#include "tests/bench/workload_series.h"

namespace steward::bench {
namespace {

[[noreturn]] void Fail(const std::string& what) {
  std::fprintf(stderr, "bench-ingest-load: %s\n", what.c_str());
  std::exit(1);
}
void Require(const absl::Status& status) {
  if (!status.ok()) Fail(std::string(status.message()));
}

template <typename T, void (*Free)(T*)>
struct Deleter {
  void operator()(T* object) const { Free(object); }
};
using Key = std::unique_ptr<EVP_PKEY, Deleter<EVP_PKEY, EVP_PKEY_free>>;

std::string Pem(const std::function<int(BIO*)>& write) {
  const std::unique_ptr<BIO, decltype(&BIO_free)> bio(BIO_new(BIO_s_mem()), &BIO_free);
  if (write(bio.get()) != 1) Fail("OpenSSL could not write PEM");
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &data);
  return {data, static_cast<std::size_t>(size)};
}

std::string CertificatePem(const std::string& der) {
  const auto* begin = reinterpret_cast<const unsigned char*>(der.data());
  const std::unique_ptr<X509, decltype(&X509_free)> certificate(d2i_X509(nullptr, &begin, static_cast<long>(der.size())), &X509_free);
  return Pem([&](BIO* bio) { return PEM_write_bio_X509(bio, certificate.get()); });
}

std::string RequestDer(EVP_PKEY* key) {
  const std::unique_ptr<X509_REQ, decltype(&X509_REQ_free)> request(X509_REQ_new(), &X509_REQ_free);
  X509_REQ_set_pubkey(request.get(), key);
  X509_REQ_sign(request.get(), key, EVP_sha256());
  unsigned char* der = nullptr;
  const int size = i2d_X509_REQ(request.get(), &der);
  std::string text(reinterpret_cast<char*>(der), static_cast<std::size_t>(size));
  OPENSSL_free(der);
  return text;
}

std::shared_ptr<grpc::Channel> Connect(const std::string& address, grpc::SslCredentialsOptions options, int host) {
  grpc::ChannelArguments arguments;
  arguments.SetSslTargetNameOverride("steward-collector");
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);  // a connection a machine
  arguments.SetInt("steward.host", host);
  return grpc::CreateCustomChannel(address, grpc::SslCredentials(options), arguments);
}

// One simulated machine: its identity, its stream and how far it is acknowledged.
class Machine {
 public:
  Machine(const v1::EnrollmentToken& token, const std::string& ca_pem, int number) : number_(number), epoch_(static_cast<std::uint64_t>(number) + 1) {
    const Key key(EVP_EC_gen("P-256"));
    v1::EnrollRequest request;
    request.set_secret(token.secret());
    request.set_certificate_request_der(RequestDer(key.get()));
    char name[16];
    std::snprintf(name, sizeof name, "host-%04d", number);
    request.mutable_identity()->set_host_name(name);
    request.mutable_identity()->set_class_("server");
    request.set_agent_version("bench");
    v1::EnrollResponse response;
    grpc::ClientContext context;
    const auto stub = v1::Enrollment::NewStub(Connect(token.addresses(0), {ca_pem, "", ""}, number));
    const grpc::Status status = stub->Enroll(&context, request, &response);
    if (!status.ok()) Fail("enrolment: " + status.error_message());
    *hello_.mutable_identity() = request.identity();
    hello_.set_machine_id(response.machine_id());
    const std::string key_pem = Pem([&](BIO* bio) { return PEM_write_bio_PrivateKey(bio, key.get(), nullptr, nullptr, 0, nullptr, nullptr); });
    channel_ = Connect(token.addresses(0), {ca_pem, key_pem, CertificatePem(response.certificate_der())}, number);
  }

  void Open(const v1::DescriptorSet& descriptors, std::int64_t begin_wall_ms) {
    begin_wall_ms_ = begin_wall_ms;
    stream_ = v1::AgentUplink::NewStub(channel_)->Connect(&context_);
    v1::AgentMessage message;
    hello_.set_protocol(1);
    hello_.set_agent_version("bench");
    hello_.set_epoch(epoch_);
    hello_.set_boot_id("00000000-0000-4000-8000-000000000000");
    // The machine was started when the workload begins, so that its samples lie in the past.
    hello_.set_wall_ms(absl::ToUnixMillis(absl::Now()));
    hello_.set_boot_ms(hello_.wall_ms() - begin_wall_ms_ - number_ * 7919 % kWorkloadIntervalMs);
    *message.mutable_hello() = hello_;
    Send(message);
    v1::CollectorMessage answer;
    if (!stream_->Read(&answer) || !answer.has_welcome()) Fail("no welcome: " + stream_->Finish().error_message());
    window_ = std::max<std::uint32_t>(answer.welcome().window_batches(), 1);
    message.Clear();
    *message.mutable_descriptors() = descriptors;
    message.mutable_descriptors()->set_epoch(epoch_);
    Send(message);
    reader_ = std::thread([this] { Read(); });
  }

  void Step(std::int64_t cycle, const double* values, const wire::DescriptorTable& table) {
    constexpr std::int64_t kSegmentBatches = 60;
    v1::AgentMessage message;
    if (cycle % kSegmentBatches == 0) {
      encoder_ = std::make_unique<wire::SegmentEncoder>(table);
      v1::SegmentStart& segment = *message.mutable_segment();
      segment.set_epoch(epoch_);
      segment.set_first_sequence(static_cast<std::uint64_t>(cycle) + 1);
      segment.set_boot_id(hello_.boot_id());
      segment.set_anchor_boot_ms(0);
      segment.set_anchor_wall_ms(begin_wall_ms_ + number_ * 7919 % kWorkloadIntervalMs);
      Send(message);
      message.Clear();
    }
    v1::Batch& batch = *message.mutable_batch();
    batch.set_sequence(static_cast<std::uint64_t>(cycle) + 1);
    Require(encoder_->Encode(WorkloadBatch(cycle, values), *batch.mutable_samples()));
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [&] { return ended_ || batch.sequence() <= acknowledged_ + window_; });
      if (ended_) Fail("the collector ended a stream: " + end_message_);
    }
    Send(message);
  }

  void WaitFor(std::uint64_t sequence) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return ended_ || acknowledged_ >= sequence; });
    if (ended_) Fail("the collector ended a stream: " + end_message_);
  }

  void Close() {
    stream_->WritesDone();
    reader_.join();
  }
  std::uint64_t bytes() const { return bytes_; }

 private:
  void Send(const v1::AgentMessage& message) {
    bytes_ += message.ByteSizeLong();
    if (!stream_->Write(message)) Fail("a stream broke");
  }

  void Read() {
    v1::CollectorMessage message;
    while (stream_->Read(&message)) {
      const std::lock_guard lock(mutex_);
      if (message.has_credit()) window_ += message.credit().batches();
      for (const v1::SequenceRange& range : message.acknowledgement().committed()) {
        acknowledged_ = std::max(acknowledged_, range.last());
      }
      for (const v1::Refusal& refusal : message.acknowledgement().refused()) Fail("refused: " + refusal.message());
      changed_.notify_all();
    }
    const grpc::Status status = stream_->Finish();
    const std::lock_guard lock(mutex_);
    ended_ = true;
    end_message_ = status.error_message();
    changed_.notify_all();
  }

  const int number_;
  const std::uint64_t epoch_;
  std::int64_t begin_wall_ms_ = 0;
  v1::Hello hello_;
  std::shared_ptr<grpc::Channel> channel_;
  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientReaderWriter<v1::AgentMessage, v1::CollectorMessage>> stream_;
  std::unique_ptr<wire::SegmentEncoder> encoder_;
  std::thread reader_;
  std::uint64_t bytes_ = 0;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::uint64_t acknowledged_ = 0;
  std::uint64_t window_ = 1;
  bool ended_ = false;
  std::string end_message_;
};

int Run(int argc, char** argv) {
  if (argc < 3 || argc > 5) Fail("usage: bench-ingest-load TOKEN CA_FILE [HOSTS [CYCLES]]");
  const auto token = wire::ParseEnrollmentToken(argv[1]);
  Require(token.status());
  const std::unique_ptr<BIO, decltype(&BIO_free)> ca(BIO_new_file(argv[2], "r"), &BIO_free);
  std::string ca_pem(64 * 1024, '\0');
  const int size = ca ? BIO_read(ca.get(), ca_pem.data(), static_cast<int>(ca_pem.size())) : 0;
  if (size <= 0) Fail("cannot read the CA file");
  ca_pem.resize(static_cast<std::size_t>(size));
  const int hosts = argc > 3 ? std::atoi(argv[3]) : kWorkloadHosts;
  const int cycles = argc > 4 ? std::atoi(argv[4]) : kWorkloadCycles;

  const v1::DescriptorSet descriptors = WorkloadDescriptors(0);
  wire::DescriptorTable table;
  Require(table.Add(descriptors));
  wl::Workload workload(hosts, 1, kWorkloadIntervalMs / 1000);
  const std::int64_t begin = absl::ToUnixMillis(absl::Now()) - cycles * kWorkloadIntervalMs;
  std::vector<std::unique_ptr<Machine>> machines;
  for (int host = 0; host < hosts; ++host) machines.push_back(std::make_unique<Machine>(*token, ca_pem, host));
  for (const auto& machine : machines) machine->Open(descriptors, begin);
  std::fprintf(stderr, "connected\n");

  double values[wl::Workload::N];
  for (int cycle = 0; cycle < cycles; ++cycle) {
    for (int host = 0; host < hosts; ++host) {
      workload.step(host, cycle, values);
      machines[static_cast<std::size_t>(host)]->Step(cycle, values, table);
    }
  }
  std::uint64_t bytes = 0;
  for (const auto& machine : machines) machine->WaitFor(static_cast<std::uint64_t>(cycles));
  for (const auto& machine : machines) bytes += machine->bytes();
  const double samples = static_cast<double>(hosts) * cycles * wl::Workload::N;
  std::printf("{\"machines\": %d, \"cycles\": %d, \"samples\": %.0f, \"message_bytes_per_sample\": %.3f}\n", hosts, cycles, samples,
              static_cast<double>(bytes) / samples);
  std::fflush(stdout);
  std::getchar();  // the connections stay for as long as somebody looks at them
  for (const auto& machine : machines) machine->Close();
  return 0;
}

}  // namespace
}  // namespace steward::bench

int main(int argc, char** argv) { return steward::bench::Run(argc, argv); }
