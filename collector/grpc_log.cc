#include "collector/grpc_log.h"

#include "grpc/support/log.h"
#include "spdlog/spdlog.h"

namespace steward::collector {

void SendGrpcLogToOurs() {
  // Its errors are about single connections (a port scan, a client with an old TLS): nothing a person must look at.
  gpr_set_log_function([](gpr_log_func_args* args) { spdlog::debug("gRPC: {}", args->message); });
}

}  // namespace steward::collector
