#include "collector/remote_write/target.h"

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "boost/asio/post.hpp"
#include "collector/remote_write/authorization.h"
#include "collector/remote_write/write_request.h"
#include "spdlog/spdlog.h"

namespace steward::collector {

struct RemoteWriteTarget::UnderWay {
  UnderWay(CommitFeed::Read read_from, absl::Time read_time)
      : read(std::move(read_from)), time(read_time), left(read.outgoing.size()), division(read.outgoing) {}

  CommitFeed::Read read;
  const absl::Time time;  // when it was read
  std::size_t left;       // samples neither taken nor given up
  Division division;
  std::string body;  // of the request at hand, kept for a repeat
};

// For callbacks that may come after the end.
template <typename Function>
auto RemoteWriteTarget::WhileAlive(Function function) {
  return [alive = std::weak_ptr(alive_), function = std::move(function)](auto&&... arguments) mutable {
    if (const auto still = alive.lock()) function(std::forward<decltype(arguments)>(arguments)...);
  };
}

RemoteWriteTarget::RemoteWriteTarget(Parts parts)
    : parts_(std::move(parts)),
      metrics_(parts_.registry, parts_.config.name),
      kept_(parts_.storage, parts_.executor, parts_.config.name),
      feed_(parts_.config),
      timer_(parts_.clock.NewTimer(parts_.executor)) {}

RemoteWriteTarget::~RemoteWriteTarget() = default;

void RemoteWriteTarget::Start() {
  boost::asio::post(parts_.executor, WhileAlive([this] { Begin(); }));
}

void RemoteWriteTarget::After(absl::Duration delay, void (RemoteWriteTarget::*then)()) {
  timer_->Start(delay, [this, then] { (this->*then)(); });
}

void RemoteWriteTarget::Begin() {
  if (const absl::Status status = FindPlace(); !status.ok()) {
    spdlog::error("remote write to \"{}\" cannot begin, will be tried again: {}", parts_.config.name,
                  status.ToString());
    After(kRetryMax, &RemoteWriteTarget::Begin);
    return;
  }
  Work();
}

absl::Status RemoteWriteTarget::FindPlace() {
  const absl::StatusOr<std::optional<RemoteWritePlace>> kept = kept_.Load();
  if (!kept.ok()) return kept.status();
  if (kept->has_value()) {
    place_ = **kept;
    return absl::OkStatus();
  }
  absl::StatusOr<std::string> first = FirstCursor();
  if (!first.ok()) return first.status();
  place_ = {*std::move(first), parts_.clock.WallNow()};
  kept_.Keep(place_);
  return absl::OkStatus();
}

absl::StatusOr<std::string> RemoteWriteTarget::FirstCursor() {
  std::string cursor;
  const absl::Status status = parts_.storage.Read([&](StorageReader& reader) {
    absl::StatusOr<std::string> found = reader.CommitCursor();
    if (found.ok()) cursor = *std::move(found);
    return found.status();
  });
  if (!status.ok()) return status;
  return cursor;
}

void RemoteWriteTarget::Work() {
  if (under_way_ == nullptr) {
    Read();
  } else if (under_way_->division.Next().has_value()) {
    Send();
  } else {
    Advance();
  }
}

void RemoteWriteTarget::Read() {
  const absl::Time now = parts_.clock.WallNow();
  absl::StatusOr<CommitFeed::Read> read = absl::UnknownError("");
  const absl::Status status = parts_.storage.Read([&](StorageReader& reader) {
    read = feed_.Next(reader, place_.cursor, parts_.clock.BootNow());
    return read.status();
  });
  if (absl::IsInvalidArgument(status)) {
    spdlog::warn("remote write to \"{}\" begins anew: {}", parts_.config.name, std::string(status.message()));
    if (absl::StatusOr<std::string> first = FirstCursor(); first.ok()) place_.cursor = *std::move(first);
  }
  if (status.ok() == storage_failing_) {  // changed
    storage_failing_ = !status.ok();
    if (storage_failing_)
      spdlog::error("remote write to \"{}\" cannot read the storage: {}", parts_.config.name, status.ToString());
  }
  if (!status.ok()) {
    ShowLag();
    After(kRetryMax, &RemoteWriteTarget::Work);
    return;
  }
  metrics_.out_of_order.Increment(static_cast<double>(read->withheld));
  if (read->outgoing.empty() && !read->more) {
    const bool moved = read->cursor != place_.cursor;
    place_ = {std::move(read->cursor), now};
    if (moved) kept_.Keep(place_);
    ShowLag();
    After(kPoll, &RemoteWriteTarget::Work);
    return;
  }
  under_way_ = std::make_unique<UnderWay>(*std::move(read), now);
  metrics_.pending.Set(static_cast<double>(under_way_->left));
  boost::asio::post(parts_.executor, WhileAlive([this] { Work(); }));  // the other targets' turn
}

void RemoteWriteTarget::Send() {
  absl::StatusOr<std::vector<std::string>> headers = RequestHeaders(parts_.config);
  if (!headers.ok()) {
    OnLater({WriteVerdict::kLater, std::string(headers.status().message()), "make the file readable for the collector"},
            std::nullopt);
    return;
  }
  if (under_way_->body.empty())
    under_way_->body = SnappyCompressed(under_way_->read.outgoing.Request(*under_way_->division.Next(), true));
  metrics_.requests.Increment();
  metrics_.bytes.Increment(static_cast<double>(under_way_->body.size()));
  HttpCall call;
  call.method = "POST";
  call.url = parts_.config.url;
  call.headers = *std::move(headers);
  call.body = under_way_->body;
  call.ca_file = parts_.config.ca_file;
  call.timeout = parts_.config.timeout;
  parts_.send(std::move(call), WhileAlive([this](const HttpAnswer& answer) { OnAnswer(answer); }));
}

void RemoteWriteTarget::OnAnswer(const HttpAnswer& http) {
  const WriteAnswer answer = ReadAnswer(http);
  if (answer.verdict == WriteVerdict::kLater) {
    OnLater(answer, http.retry_after);
    return;
  }
  if (attempts_ > 0) spdlog::info("remote write reaches \"{}\" again", parts_.config.name);
  attempts_ = 0;
  metrics_.up.Set(1);
  under_way_->body.clear();
  if (answer.verdict == WriteVerdict::kTaken)
    OnTaken();
  else
    OnRefused(answer);
  metrics_.pending.Set(static_cast<double>(under_way_->left));
  ShowLag();
  Work();
}

void RemoteWriteTarget::OnTaken() {
  const std::size_t samples = under_way_->division.Next()->size();
  metrics_.samples.Increment(static_cast<double>(samples));
  under_way_->left -= samples;
  under_way_->division.Taken();
}

void RemoteWriteTarget::OnLater(const WriteAnswer& answer, std::optional<absl::Duration> retry_after) {
  if (attempts_ == 0) spdlog::warn("remote write to \"{}\": {}; {}", parts_.config.name, answer.said, answer.remedy);
  metrics_.up.Set(0);
  metrics_.retries.Increment();
  ShowLag();
  absl::Duration delay = kRetryFirst;
  for (std::uint32_t i = 0; i < attempts_ && delay < kRetryMax; ++i) delay *= 2;
  ++attempts_;
  delay = std::min(delay, kRetryMax) * (0.75 + parts_.random() / 2);  // many collectors do not come back at one moment
  After(std::max(delay, std::min(retry_after.value_or(absl::ZeroDuration()), kRetryAfterMax)),
        &RemoteWriteTarget::Work);
}

void RemoteWriteTarget::OnRefused(const WriteAnswer& answer) {
  Division& division = under_way_->division;
  const bool given_up = answer.verdict == WriteVerdict::kTooLarge ? division.TooLarge() : division.Refused();
  if (given_up) GiveUp(answer, 1);
  GiveUpUnasked(answer);
}

// Of moments that are refused as a whole.
void RemoteWriteTarget::GiveUpUnasked(const WriteAnswer& answer) {
  under_way_->division.Next();
  for (const Part& part : under_way_->division.TakeGivenUpUnasked()) {
    GiveUp(answer, part.size());
    const OutgoingSample& sample = under_way_->read.outgoing.at(part.begin);
    if (answer.verdict != WriteVerdict::kOutOfOrder) continue;
    feed_.RefusedUpTo(under_way_->read.outgoing.machine_id(sample.machine), sample.time_ms, parts_.clock.BootNow());
  }
}

void RemoteWriteTarget::GiveUp(const WriteAnswer& answer, std::size_t samples) {
  const bool old = answer.verdict == WriteVerdict::kOutOfOrder;
  prometheus::Counter& counter = old                                         ? metrics_.out_of_order
                                 : answer.verdict == WriteVerdict::kTooLarge ? metrics_.too_large
                                                                             : metrics_.refused;
  counter.Increment(static_cast<double>(samples));
  under_way_->left -= samples;
  given_up_ += samples;
  const absl::Duration now = parts_.clock.BootNow();
  if (now - complained_ < kComplainEvery) return;
  complained_ = now;
  spdlog::warn(
      "remote write to \"{}\": {} samples were refused for good and left out: {}; {}. Counted in "
      "steward_remote_write_failed_total.",
      parts_.config.name, std::exchange(given_up_, 0), answer.said,
      old ? "for what machines send late Prometheus needs storage.tsdb.out_of_order_time_window in its configuration "
            "(such as 14d), VictoriaMetrics a -retentionPeriod that reaches as far back"
          : answer.remedy);
}

void RemoteWriteTarget::Advance() {
  place_.cursor = std::move(under_way_->read.cursor);
  if (!under_way_->read.more) place_.level_time = under_way_->time;
  kept_.Keep(place_);
  under_way_.reset();
  metrics_.pending.Set(0);
  ShowLag();
  After(absl::ZeroDuration(), &RemoteWriteTarget::Work);
}

void RemoteWriteTarget::ShowLag() {
  metrics_.lag.Set(std::max(0.0, absl::ToDoubleSeconds(parts_.clock.WallNow() - place_.level_time)));
}

}  // namespace steward::collector
