#include "agent/platform/mount_watch.h"

#include <algorithm>
#include <chrono>
#include <deque>
#include <mutex>
#include <optional>
#include <set>
#include <thread>
#include <utility>

#include "absl/status/status.h"
#include "base/text.h"

namespace steward::agent {
namespace {

absl::Status Stuck(const std::string& mount_point) {
  return absl::DeadlineExceededError(StrCat(mount_point, ": the file system does not answer"));
}

// One call of Stat: its answers, filled by a worker as long as the caller waits.
struct Round {
  std::vector<std::optional<absl::StatusOr<FileSystemStats>>> answers;
  std::size_t missing = 0;
};

struct Question {
  std::string mount_point;
  std::shared_ptr<Round> round;
  std::size_t index = 0;
};

}  // namespace

struct MountWatch::State {
  explicit State(Ask ask_function) : ask(std::move(ask_function)) {}

  const Ask ask;
  std::mutex mutex;
  std::condition_variable work;    // a question, or stopping
  std::condition_variable answer;  // an answer
  std::deque<Question> questions;
  std::set<std::string> asking;  // mount points some thread is waiting for
  int threads = 0;               // alive, stuck ones included
  int idle = 0;
  bool stopping = false;
};

namespace {

// A worker's life: takes questions in order, until stopping or until another worker is idle as well.
template <typename State>
void Work(const std::shared_ptr<State>& state) {
  std::unique_lock lock(state->mutex);
  while (!state->stopping) {
    if (state->questions.empty()) {
      if (state->idle > 0) break;
      ++state->idle;
      state->work.wait(lock);
      --state->idle;
      continue;
    }
    const Question question = std::move(state->questions.front());
    state->questions.pop_front();
    state->asking.insert(question.mount_point);
    lock.unlock();
    absl::StatusOr<FileSystemStats> stats = state->ask(question.mount_point);
    lock.lock();
    state->asking.erase(question.mount_point);
    auto& answer = question.round->answers[question.index];
    if (!answer.has_value()) {
      answer = std::move(stats);
      --question.round->missing;
    }
    state->answer.notify_all();
  }
  --state->threads;
}

}  // namespace

MountWatch::MountWatch(Ask ask) : state_(std::make_shared<State>(std::move(ask))) {}

MountWatch::~MountWatch() {
  const std::scoped_lock lock(state_->mutex);
  state_->stopping = true;
  state_->questions.clear();
  state_->work.notify_all();
}

std::vector<absl::StatusOr<FileSystemStats>> MountWatch::Stat(absl::Span<const std::string> mount_points,
                                                              absl::Duration deadline) {
  const auto end = std::chrono::steady_clock::now() + absl::ToChronoNanoseconds(deadline);
  const auto round = std::make_shared<Round>();
  round->answers.resize(mount_points.size());

  std::unique_lock lock(state_->mutex);
  for (std::size_t index = 0; index < mount_points.size(); ++index) {
    if (state_->asking.contains(mount_points[index])) {
      round->answers[index] = Stuck(mount_points[index]);
    } else {
      state_->questions.push_back({mount_points[index], round, index});
      ++round->missing;
    }
  }
  // A worker that hangs holds up those behind it: after a share of the time without an answer another takes over.
  const auto patience = absl::ToChronoNanoseconds(deadline / 8);
  bool stalled = state_->threads == static_cast<int>(state_->asking.size());
  while (round->missing > 0 && std::chrono::steady_clock::now() < end) {
    if (state_->idle > 0) {
      state_->work.notify_one();
    } else if (stalled && !state_->questions.empty() && state_->threads < kStuckThreadsMax) {
      ++state_->threads;
      std::thread([state = state_] { Work(state); }).detach();
    }
    const std::size_t missing = round->missing;
    stalled = !state_->answer.wait_until(lock, std::min(end, std::chrono::steady_clock::now() + patience),
                                         [&] { return round->missing < missing; });
  }
  std::erase_if(state_->questions, [&](const Question& question) { return question.round == round; });

  std::vector<absl::StatusOr<FileSystemStats>> result;
  result.reserve(mount_points.size());
  for (std::size_t index = 0; index < mount_points.size(); ++index) {
    auto& answer = round->answers[index];
    if (!answer.has_value()) answer = Stuck(mount_points[index]);
    result.push_back(*answer);
  }
  return result;
}

}  // namespace steward::agent
