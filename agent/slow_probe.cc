#include "agent/slow_probe.h"

#include <malloc.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <variant>

#include "base/text.h"

namespace steward::agent {
namespace {

constexpr std::chrono::seconds kWaitAtEnd(2);
constexpr absl::Duration kSeldom = absl::Hours(1);
constexpr double kJitter = 0.1;  // of the interval, shorter: a question a minute would else miss the minute's report

struct KeptSample {
  const Metric* metric = nullptr;
  std::vector<std::pair<std::string, std::string>> labels;
  std::variant<std::int64_t, std::uint64_t, double> value;
};

class Keeper final : public SampleSink {
 public:
  void Add(const Metric& metric, absl::Span<const LabelView> labels, std::int64_t value) override {
    Keep(metric, labels, value);
  }
  void AddDouble(const Metric& metric, absl::Span<const LabelView> labels, double value) override {
    Keep(metric, labels, value);
  }
  void AddUnsigned(const Metric& metric, absl::Span<const LabelView> labels, std::uint64_t value) override {
    Keep(metric, labels, value);
  }
  std::vector<KeptSample> Take() { return std::move(kept_); }

 private:
  template <typename Value>
  void Keep(const Metric& metric, absl::Span<const LabelView> labels, Value value) {
    kept_.push_back({&metric, {labels.begin(), labels.end()}, value});
  }

  std::vector<KeptSample> kept_;
};

void Tell(const KeptSample& sample, SampleSink& sink) {
  const std::vector<LabelView> labels(sample.labels.begin(), sample.labels.end());
  if (const auto* integer = std::get_if<std::int64_t>(&sample.value)) {
    sink.Add(*sample.metric, labels, *integer);
  } else if (const auto* unsigned_integer = std::get_if<std::uint64_t>(&sample.value)) {
    sink.AddUnsigned(*sample.metric, labels, *unsigned_integer);
  } else {
    sink.AddDouble(*sample.metric, labels, std::get<double>(sample.value));
  }
}

// What the thread and the probe share; the thread may outlive the probe.
struct Question {
  std::unique_ptr<Probe> probe;
  std::mutex mutex;  // guards what follows
  std::condition_variable answered;
  bool asking = false;
  bool any = false;
  absl::Status status;
  std::vector<KeptSample> samples;
};

void Ask(const std::shared_ptr<Question>& question) {
  Keeper keeper;
  absl::Status status = question->probe->Collect(keeper);
  // Lists of packages and answers of tools: most memory that the agent ever needs, and not again for an hour.
  if (question->probe->slow_interval() >= kSeldom) ::malloc_trim(0);
  const std::scoped_lock lock(question->mutex);
  question->samples = status.ok() ? keeper.Take() : std::vector<KeptSample>();
  question->status = std::move(status);
  question->any = true;
  question->asking = false;
  question->answered.notify_all();
}

class SlowProbe final : public Probe {
 public:
  SlowProbe(std::unique_ptr<Probe> probe, Clock& clock, double place)
      : clock_(clock),
        interval_(probe->slow_interval() * (1 - kJitter * place)),
        question_(std::make_shared<Question>()) {
    question_->probe = std::move(probe);
    if (interval_ >= kSlowProbeStartsAtOnce * (1 - kJitter)) due_boot_ = clock.BootNow() + interval_ / 120 * (1 + place);
  }
  ~SlowProbe() override {
    std::unique_lock lock(question_->mutex);
    question_->answered.wait_for(lock, kWaitAtEnd, [this] { return !question_->asking; });
  }
  SlowProbe(const SlowProbe&) = delete;
  SlowProbe& operator=(const SlowProbe&) = delete;

  std::string_view name() const override { return question_->probe->name(); }
  absl::Duration interval_min() const override { return std::min(kSlowProbeReport, interval_); }

  bool has_answered() const override {
    const std::scoped_lock lock(question_->mutex);
    return question_->any;
  }

  absl::Status Collect(SampleSink& sink) override {
    const std::scoped_lock lock(question_->mutex);
    const absl::Duration now = clock_.BootNow();
    NoteAnswer(now);
    const bool due = now >= due_boot_;
    if (due && !question_->asking) Start(now);
    if (due && question_->asking && now - asked_boot_ >= interval_) {
      return absl::DeadlineExceededError(
          StrCat("no answer for ", absl::FormatDuration(absl::Trunc(now - asked_boot_, absl::Seconds(1)))));
    }
    if (!question_->any) return absl::OkStatus();
    if (!question_->status.ok()) return question_->status;
    for (const KeptSample& sample : question_->samples) Tell(sample, sink);
    return absl::OkStatus();
  }

 private:
  // Under the lock. When to ask again follows from the answer.
  void NoteAnswer(absl::Duration now) {
    if (question_->asking || !std::exchange(waiting_, false)) return;
    const bool failed = !question_->status.ok() && !absl::IsNotFound(question_->status);
    wait_ = failed ? std::min(interval_, wait_ == interval_ ? kSlowProbeRetry : wait_ * 2) : interval_;
    due_boot_ = failed ? now + wait_ : asked_boot_ + wait_;
  }
  void Start(absl::Duration now) {
    question_->asking = true;
    waiting_ = true;
    asked_boot_ = now;
    std::thread(&Ask, question_).detach();
  }

  Clock& clock_;
  const absl::Duration interval_;
  const std::shared_ptr<Question> question_;
  absl::Duration wait_ = interval_;
  absl::Duration due_boot_ = -absl::InfiniteDuration();
  absl::Duration asked_boot_;
  bool waiting_ = false;  // for an answer that NoteAnswer has not seen
};

}  // namespace

std::vector<std::unique_ptr<Probe>> TakeOffSamplingPath(std::vector<std::unique_ptr<Probe>> probes, Clock& clock,
                                                        const std::function<std::uint64_t()>& random) {
  for (std::unique_ptr<Probe>& probe : probes) {
    if (probe->slow_interval() <= absl::ZeroDuration()) continue;
    const double place = static_cast<double>(random() % 1000) / 1000.0;
    probe = std::make_unique<SlowProbe>(std::move(probe), clock, place);
  }
  return probes;
}

}  // namespace steward::agent
