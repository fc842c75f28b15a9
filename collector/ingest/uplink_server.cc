#include "collector/ingest/uplink_server.h"

#include <netdb.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "absl/strings/str_replace.h"
#include "absl/time/clock.h"
#include "base/text.h"
#include "boost/asio/post.hpp"
#include "collector/ingest/limits.h"
#include "collector/ingest/uplink_stream.h"
#include "grpcpp/security/server_credentials.h"
#include "grpcpp/server.h"
#include "grpcpp/server_builder.h"
#include "spdlog/spdlog.h"
#include "steward/v1/enrollment.grpc.pb.h"
#include "steward/v1/uplink.grpc.pb.h"

namespace steward::collector {
namespace {

// A link that died without a word is noticed after at most the sum of both.
constexpr int kKeepaliveMs = 30'000;
constexpr int kKeepaliveTimeoutMs = 20'000;
// Agents may ping this often; more is taken as abuse by gRPC.
constexpr int kAgentPingMsMin = 5'000;

std::string PresentedCertificate(const grpc::CallbackServerContext& context) {
  const std::shared_ptr<const grpc::AuthContext> auth = context.auth_context();
  if (auth == nullptr) return "";
  const std::vector<grpc::string_ref> values = auth->FindPropertyValues("x509_pem_cert");
  return values.empty() ? "" : std::string(values.front().data(), values.front().size());
}

// Why an address cannot be listened on, in the system's words: gRPC does not tell.
std::string ListenError(const HostPort& listen) {
  addrinfo hints = {};
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (const int error = getaddrinfo(listen.host.c_str(), std::to_string(listen.port).c_str(), &hints, &found); error != 0) {
    return StrCat("there is no such address: ", gai_strerror(error));
  }
  const std::unique_ptr<addrinfo, void (*)(addrinfo*)> owner(found, freeaddrinfo);
  const int descriptor = ::socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int on = 1;
  ::setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  const int error = ::bind(descriptor, found->ai_addr, found->ai_addrlen) == 0 && ::listen(descriptor, 1) == 0 ? 0 : errno;
  ::close(descriptor);
  if (error == EADDRINUSE) return "the port is in use; stop the program that has it, or choose another with --agents-listen";
  if (error == EACCES) return "ports below 1024 are for root; choose another with --agents-listen";
  if (error == EADDRNOTAVAIL) return "this machine has no such address; choose another with --agents-listen";
  return error == 0 ? "gRPC refused it; see the lines above" : std::strerror(error);
}

}  // namespace

void AllowOnlyTls13() { ::setenv("GRPC_SSL_CIPHER_SUITES", "ECDHE-RSA-AES128-GCM-SHA256", 1); }

std::string PeerHost(const std::string& peer) {
  const std::size_t scheme = peer.find(':');
  const std::size_t port = peer.rfind(':');
  if (scheme == std::string::npos || port == scheme) return peer;
  return absl::StrReplaceAll(peer.substr(scheme + 1, port - scheme - 1), {{"%5B", ""}, {"%5D", ""}, {"[", ""}, {"]", ""}});
}

class UplinkServer::Services {
 public:
  explicit Services(Parts parts) : parts_(std::move(parts)), enrollment_(parts_), uplink_(parts_) {}

  std::unique_ptr<grpc::Server> Start(const HostPort& listen, int& port) {
    grpc::SslServerCredentialsOptions tls(GRPC_SSL_REQUEST_CLIENT_CERTIFICATE_BUT_DONT_VERIFY);
    tls.pem_root_certs = parts_.authority.certificate_pem();
    tls.pem_key_cert_pairs.push_back({parts_.authority.server_key_pem(), parts_.authority.server_chain_pem()});
    grpc::ServerBuilder builder;
    builder.AddListeningPort(listen.ToString(), grpc::SslServerCredentials(tls), &port);
    builder.SetMaxReceiveMessageSize(static_cast<int>(kMessageBytesMax));
    builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);  // a second collector must not share the port silently
    builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, kKeepaliveMs);
    builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, kKeepaliveTimeoutMs);
    builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
    builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, kAgentPingMsMin);
    builder.AddChannelArgument(GRPC_ARG_ENABLE_CHANNELZ, 0);
    // No pings to learn how far a stream's window could grow: 64 KiB are hundreds of batches, and they bound the memory.
    builder.AddChannelArgument(GRPC_ARG_HTTP2_BDP_PROBE, 0);
    builder.RegisterService(&enrollment_);
    builder.RegisterService(&uplink_);
    return builder.BuildAndStart();
  }

  std::unique_ptr<grpc::Server> server;

 private:
  class Enrollment final : public v1::Enrollment::CallbackService {
   public:
    explicit Enrollment(Parts& parts) : parts_(parts) {}

    grpc::ServerUnaryReactor* Enroll(grpc::CallbackServerContext* context, const v1::EnrollRequest* request,
                                     v1::EnrollResponse* response) override {
      grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
      boost::asio::post(parts_.core, [this, reactor, request, response, address = PeerHost(context->peer())] {
        parts_.enrollment.Enroll(*request, address, [reactor, response](absl::StatusOr<v1::EnrollResponse> result) {
          if (result.ok()) *response = *std::move(result);
          reactor->Finish(ToGrpc(result.status()));
        });
      });
      return reactor;
    }

   private:
    Parts& parts_;
  };

  // Raw: bytes that are no message are answered in words.
  class Uplink final : public v1::AgentUplink::WithRawCallbackMethod_Connect<v1::AgentUplink::Service> {
   public:
    explicit Uplink(Parts& parts) : parts_(parts) {}

    grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>* Connect(grpc::CallbackServerContext* context) override {
      const std::string address = PeerHost(context->peer());
      absl::StatusOr<VerifiedPeer> peer =
          VerifyPeer(PresentedCertificate(*context), parts_.authority, parts_.clock.WallNow(),
                     [this](const MachineId& id) { return parts_.registry.Find(id); });
      if (!peer.ok()) {
        parts_.metrics.StreamRefused(ToStd(absl::StatusCodeToString(peer.status().code())));
        spdlog::warn("stream from {} refused: {}", address, std::string(peer.status().message()));
      }
      auto* stream = new UplinkStream(parts_.core, parts_.hub);  // deletes itself on the core thread
      stream->Start(std::move(peer), address);
      return stream;
    }

   private:
    Parts& parts_;
  };

  Parts parts_;
  Enrollment enrollment_;
  Uplink uplink_;
};

absl::StatusOr<std::unique_ptr<UplinkServer>> UplinkServer::Start(const HostPort& listen, Parts parts) {
  std::unique_ptr<UplinkServer> result(new UplinkServer());
  result->services_ = std::make_unique<Services>(std::move(parts));
  int port = 0;
  result->services_->server = result->services_->Start(listen, port);
  if (result->services_->server == nullptr || port == 0) {
    return absl::UnavailableError(StrCat("cannot listen for agents on ", listen.ToString(), ": ", ListenError(listen)));
  }
  result->address_ = HostPort{listen.host, static_cast<std::uint16_t>(port)};
  return result;
}

UplinkServer::~UplinkServer() = default;

void UplinkServer::Stop(absl::Duration grace) {
  if (services_->server == nullptr) return;
  services_->server->Shutdown(absl::ToChronoTime(absl::Now() + grace));
  services_->server->Wait();
}

}  // namespace steward::collector
