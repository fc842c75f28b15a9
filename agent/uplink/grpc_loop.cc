#include "agent/uplink/grpc_loop.h"

#include <grpcpp/completion_queue.h>

#include <memory>
#include <utility>

#include "base/hand_over.h"
#include "boost/asio/post.hpp"

namespace steward::agent {
namespace {

struct Tag {
  boost::asio::any_io_executor executor;
  std::function<void(bool)> handler;
};

}  // namespace

GrpcLoop::GrpcLoop() : queue_(std::make_unique<grpc::CompletionQueue>()), thread_([this] { Run(); }) {}

GrpcLoop::~GrpcLoop() {
  queue_->Shutdown();
  thread_.join();
}

void* GrpcLoop::NewTag(boost::asio::any_io_executor executor, std::function<void(bool)> handler) {
  void* tag = new Tag{std::move(executor), std::move(handler)};
  HandOver(tag);
  return tag;
}

void GrpcLoop::Run() {
  void* raw = nullptr;
  bool ok = false;
  while (queue_->Next(&raw, &ok)) {
    TakeOver(raw);
    const std::unique_ptr<Tag> tag(static_cast<Tag*>(raw));
    boost::asio::post(tag->executor, [handler = std::move(tag->handler), ok] { handler(ok); });
  }
}

}  // namespace steward::agent
