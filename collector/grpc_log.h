// gRPC writes to stderr in a format of its own; its lines become ours.
#pragma once

namespace steward::collector {

// Before gRPC is used.
void SendGrpcLogToOurs();

}  // namespace steward::collector
