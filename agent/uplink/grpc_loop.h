// One completion queue and the one thread that waits in it, shared by all streams of a process.
#pragma once

#include <functional>
#include <thread>

#include "boost/asio/any_io_executor.hpp"

namespace grpc {
class CompletionQueue;
}

namespace steward::agent {

class GrpcLoop {
 public:
  GrpcLoop();
  // Every stream that uses it must have been destroyed (which cancels); waits until gRPC has let go of them.
  ~GrpcLoop();
  GrpcLoop(const GrpcLoop&) = delete;
  GrpcLoop& operator=(const GrpcLoop&) = delete;

  grpc::CompletionQueue& queue() { return *queue_; }
  // The tag of one operation: `handler` is posted to `executor` when it completes, once.
  static void* NewTag(boost::asio::any_io_executor executor, std::function<void(bool ok)> handler);

 private:
  void Run();

  std::unique_ptr<grpc::CompletionQueue> queue_;
  std::thread thread_;
};

}  // namespace steward::agent
