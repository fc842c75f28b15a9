#include "collector/remote_write/kept_cursor.h"

#include <string_view>
#include <utility>

#include "absl/strings/numbers.h"
#include "base/text.h"
#include "boost/asio/post.hpp"
#include "spdlog/spdlog.h"

namespace steward::collector {
namespace {

// "<Unix milliseconds of level_time> <cursor>"
std::string ToText(const RemoteWritePlace& place) {
  return StrCat(absl::ToUnixMillis(place.level_time), " ", place.cursor);
}

std::optional<RemoteWritePlace> FromText(const std::string& text) {
  const std::size_t space = text.find(' ');
  std::int64_t time_ms = 0;
  if (space == std::string::npos || !absl::SimpleAtoi(text.substr(0, space), &time_ms)) return std::nullopt;
  return RemoteWritePlace{text.substr(space + 1), absl::FromUnixMillis(time_ms)};
}

}  // namespace

absl::StatusOr<std::optional<RemoteWritePlace>> KeptCursor::Load() {
  std::optional<RemoteWritePlace> place;
  const absl::Status status = storage_.Read([&](StorageReader& reader) {
    const absl::StatusOr<std::optional<std::string>> text = reader.GetSetting(key_);
    if (text.ok() && text->has_value()) place = FromText(**text);
    return text.status();
  });
  if (!status.ok()) return status;
  return place;
}

void KeptCursor::Keep(RemoteWritePlace place) {
  waiting_ = std::move(place);
  if (!writing_) Write();
}

void KeptCursor::Write() {
  writing_ = true;
  const std::string text = ToText(*std::exchange(waiting_, std::nullopt));
  auto on_done = [alive = std::weak_ptr(alive_), executor = executor_, this](const absl::Status& status) {
    boost::asio::post(executor, [alive, this, status] {
      const auto still = alive.lock();
      if (!still) return;
      writing_ = false;
      if (status.ok() == failing_) {  // changed
        failing_ = !status.ok();
        if (failing_)
          spdlog::error("how far remote write to \"{}\" is cannot be stored: {}", target_, status.ToString());
      }
      if (waiting_.has_value()) Write();
    });
  };
  storage_.Write([key = key_, text](StorageTransaction& transaction) { return transaction.PutSetting(key, text); },
                 std::move(on_done));
}

}  // namespace steward::collector
