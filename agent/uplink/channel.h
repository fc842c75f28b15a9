// How the agent's programs open a gRPC channel to a collector: mutual TLS with explicit roots, lean, keepalive.
#pragma once

#include <memory>
#include <string>

namespace grpc {
class Channel;
}

namespace steward::agent {

struct ChannelSettings {
  std::string address;          // host:port
  std::string ca_pem;           // the only root that is trusted
  std::string certificate_pem;  // empty with the key: no client certificate (enrolment)
  std::string key_pem;
  std::string proxy;            // host:port of an HTTP proxy; empty: none
};

// Notices a dead link after 20 s + 10 s while a call is open. Connects when it is first used.
std::shared_ptr<grpc::Channel> NewCollectorChannel(const ChannelSettings& settings);

}  // namespace steward::agent
