#include "agent/uplink/channel.h"

#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>
#include <grpcpp/support/channel_arguments.h>

namespace steward::agent {
namespace {

constexpr int kKeepaliveMs = 20'000;
constexpr int kKeepaliveTimeoutMs = 10'000;
constexpr int kConnectMs = 10'000;
constexpr int kMessageBytesMax = 1 << 20;  // what a collector has to say is small

}  // namespace

std::shared_ptr<grpc::Channel> NewCollectorChannel(const ChannelSettings& settings) {
  grpc::SslCredentialsOptions tls;
  tls.pem_root_certs = settings.ca_pem;
  tls.pem_private_key = settings.key_pem;
  tls.pem_cert_chain = settings.certificate_pem;

  grpc::ChannelArguments args;
  args.SetSslTargetNameOverride("steward-collector");  // the collector's one name; addresses may change
  args.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, kKeepaliveMs);
  args.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, kKeepaliveTimeoutMs);
  args.SetInt(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);
  args.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, kConnectMs);
  args.SetInt(GRPC_ARG_ENABLE_CHANNELZ, 0);
  args.SetInt(GRPC_ARG_HTTP2_BDP_PROBE, 0);
  args.SetInt(GRPC_ARG_ENABLE_RETRIES, 0);
  args.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);  // a connection of its own, also where many agents share a process
  args.SetInt(GRPC_ARG_SERVICE_CONFIG_DISABLE_RESOLUTION, 1);
  args.SetInt(GRPC_ARG_TCP_READ_CHUNK_SIZE, 4096);
  args.SetInt(GRPC_ARG_MAX_RECEIVE_MESSAGE_LENGTH, kMessageBytesMax);
  args.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, settings.proxy.empty() ? 0 : 1);
  if (!settings.proxy.empty()) args.SetString(GRPC_ARG_HTTP_PROXY, "http://" + settings.proxy);
  return grpc::CreateCustomChannel("dns:///" + settings.address, grpc::SslCredentials(tls), args);
}

}  // namespace steward::agent
