#include "collector/remote_write/remote_writer.h"

#include <random>
#include <utility>

#include "collector/delivery/delivery_thread.h"
#include "collector/remote_write/authorization.h"
#include "collector/remote_write/target.h"

namespace steward::collector {
namespace {

class ThreadedWriter final : public RemoteWriter {
 public:
  ThreadedWriter(absl::Span<const RemoteWriteConfig> targets, Storage& storage, Clock& clock,
                 prometheus::Registry& registry) {
    for (const RemoteWriteConfig& config : targets) {
      targets_.push_back(std::make_unique<RemoteWriteTarget>(
          RemoteWriteTarget::Parts{config, storage, clock, thread_.executor(),
                                   [this](HttpCall call, std::function<void(HttpAnswer)> done) {
                                     thread_.http().Start(std::move(call), std::move(done));
                                   },
                                   [engine = std::mt19937_64(std::random_device()())]() mutable {
                                     return std::uniform_real_distribution<double>(0, 1)(engine);
                                   },
                                   registry}));
      targets_.back()->Start();
    }
  }
  ~ThreadedWriter() override { thread_.Stop(); }

 private:
  DeliveryThread thread_;
  std::vector<std::unique_ptr<RemoteWriteTarget>> targets_;  // end before the thread's loop, on which their timers are
};

}  // namespace

absl::StatusOr<std::unique_ptr<RemoteWriter>> RemoteWriter::Start(absl::Span<const RemoteWriteConfig> targets,
                                                                  Storage& storage, Clock& clock,
                                                                  prometheus::Registry& registry) {
  for (const RemoteWriteConfig& target : targets) {
    if (auto headers = RequestHeaders(target); !headers.ok()) return headers.status();
  }
  return std::make_unique<ThreadedWriter>(targets, storage, clock, registry);
}

}  // namespace steward::collector
