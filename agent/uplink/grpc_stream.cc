#include "agent/uplink/grpc_stream.h"

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <grpcpp/support/async_stream.h>

#include <string>

#include "agent/uplink/channel.h"
#include "steward/v1/uplink.grpc.pb.h"

namespace steward::agent {
namespace {

// Lives as long as gRPC holds a tag of it. All but construction and the tags' posting happens on the executor.
class Call : public std::enable_shared_from_this<Call> {
 public:
  Call(GrpcLoop& loop, boost::asio::any_io_executor executor, const ChannelSettings& settings,
       UplinkStream::Handler& handler)
      : executor_(std::move(executor)),
        handler_(&handler),
        stub_(v1::AgentUplink::NewStub(NewCollectorChannel(settings))),
        stream_(stub_->PrepareAsyncConnect(&context_, &loop.queue())) {}

  void Start() {
    stream_->StartCall(TagFor([](Call& call, bool ok) {
      if (!ok) return call.Finish();
      call.Read();
      if (call.handler_ != nullptr) call.handler_->OnWritable();
    }));
  }

  void Write(const v1::AgentMessage& message) {
    if (finishing_) return;
    stream_->Write(message, TagFor([](Call& call, bool ok) {
      if (ok && call.handler_ != nullptr) call.handler_->OnWritable();  // if not ok, the pending read fails too
    }));
  }

  void Cancel() { context_.TryCancel(); }

  void Detach() {
    handler_ = nullptr;
    context_.TryCancel();
  }

 private:
  template <typename F>
  void* TagFor(F done) {
    return GrpcLoop::NewTag(executor_, [self = shared_from_this(), done](bool ok) { done(*self, ok); });
  }

  void Read() {
    stream_->Read(&incoming_, TagFor([](Call& call, bool ok) {
      if (!ok) return call.Finish();
      if (call.handler_ != nullptr) call.handler_->OnMessage(call.incoming_);
      call.Read();
    }));
  }

  void Finish() {
    if (std::exchange(finishing_, true)) return;
    stream_->Finish(&status_, TagFor([](Call& call, bool) {
      if (call.handler_ == nullptr) return;
      UplinkStream::Handler* handler = std::exchange(call.handler_, nullptr);
      handler->OnClosed(absl::Status(static_cast<absl::StatusCode>(call.status_.error_code()), call.status_.error_message()));
    }));
  }

  boost::asio::any_io_executor executor_;
  UplinkStream::Handler* handler_;
  grpc::ClientContext context_;
  std::unique_ptr<v1::AgentUplink::Stub> stub_;
  v1::CollectorMessage incoming_;
  grpc::Status status_;
  bool finishing_ = false;
  std::unique_ptr<grpc::ClientAsyncReaderWriter<v1::AgentMessage, v1::CollectorMessage>> stream_;
};

class GrpcStream final : public UplinkStream {
 public:
  explicit GrpcStream(std::shared_ptr<Call> call) : call_(std::move(call)) {}
  ~GrpcStream() override { call_->Detach(); }
  void Write(const v1::AgentMessage& message) override { call_->Write(message); }
  void Cancel() override { call_->Cancel(); }

 private:
  std::shared_ptr<Call> call_;
};

}  // namespace

std::unique_ptr<UplinkStream> GrpcConnector::Connect(const ChannelSettings& settings, UplinkStream::Handler& handler) {
  auto call = std::make_shared<Call>(loop_, executor_, settings, handler);
  call->Start();
  return std::make_unique<GrpcStream>(std::move(call));
}

}  // namespace steward::agent
