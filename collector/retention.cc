#include "collector/retention.h"

#include <utility>

#include "boost/asio/post.hpp"
#include "spdlog/spdlog.h"

namespace steward::collector {

void Retention::Wait(absl::Duration delay) {
  timer_->Start(delay, [weak = weak_from_this()] {
    if (const auto self = weak.lock()) self->Step();
  });
}

void Retention::Step() {
  const absl::Time now = clock_.WallNow();
  const ExpireBefore before{now - config_.raw, now - config_.five_minutes, now - config_.hours, now - kRecords};
  auto more = std::make_shared<bool>(false);
  storage_.Write(
      [before, more](StorageTransaction& transaction) -> absl::Status {
        const absl::StatusOr<bool> left = transaction.Expire(before);
        if (left.ok()) *more = *left;
        return left.status();
      },
      [weak = weak_from_this(), core = core_, more](absl::Status status) {
        boost::asio::post(core, [weak, more, status = std::move(status)] {
          const auto self = weak.lock();
          if (self == nullptr) return;
          if (!status.ok()) spdlog::warn("old data could not be deleted: {}", std::string(status.message()));
          self->Wait(status.ok() && *more ? kBetweenSteps : kEvery);
        });
      });
}

}  // namespace steward::collector
