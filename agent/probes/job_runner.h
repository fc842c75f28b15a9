// Asks sources that may be slow or hang in threads beside the sampling: each at its own interval, a few at once, and none twice
// at a time. What each said last is there to be told at any moment.
#pragma once

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>

#include "absl/time/time.h"

namespace steward::agent {

// A Result is copied never: it is made by the job and kept until the next one.
template <typename Result>
class JobRunner {
 public:
  struct Job {
    absl::Duration interval;
    std::function<Result()> run;  // must come to an end; may outlive the runner, if it takes long
  };
  struct Answer {
    std::shared_ptr<const Result> result;  // null: none yet
    absl::Duration running;                // how long the present question has waited; zero: none is under way
  };

  explicit JobRunner(std::size_t at_once) : shared_(std::make_shared<Shared>(at_once)) {}
  // Waits at most 2 s for jobs that run and leaves them behind then.
  ~JobRunner() {
    std::unique_lock lock(shared_->mutex);
    shared_->over = true;
    shared_->ended.wait_for(lock, std::chrono::seconds(2), [this] { return shared_->workers == 0; });
  }
  JobRunner(const JobRunner&) = delete;
  JobRunner& operator=(const JobRunner&) = delete;

  // `jobs` by name are those that there are; others are forgotten. Starts what is due; does not wait.
  void Run(std::map<std::string, Job> jobs) {
    const std::scoped_lock lock(shared_->mutex);
    for (auto& [name, entry] : shared_->entries) entry.gone = !jobs.contains(name);
    std::erase_if(shared_->entries, [](const auto& one) { return one.second.gone && !one.second.running; });
    for (auto& [name, job] : jobs) shared_->entries[name].job = std::move(job);
    const auto now = SteadyClock::now();
    const auto due = static_cast<std::size_t>(std::count_if(shared_->entries.begin(), shared_->entries.end(),
                                                            [now](const auto& one) { return one.second.Due(now); }));
    for (std::size_t more = std::min(due, shared_->at_once - shared_->workers); more > 0; --more) {
      ++shared_->workers;
      std::thread([shared = shared_] { shared->Work(); }).detach();
    }
  }

  // Until nothing runs and nothing is due.
  void WaitForAll() {
    std::unique_lock lock(shared_->mutex);
    shared_->ended.wait(lock, [this] { return shared_->workers == 0; });
  }

  // Of all jobs, by name.
  std::map<std::string, Answer> Answers() const {
    const std::scoped_lock lock(shared_->mutex);
    const auto now = SteadyClock::now();
    std::map<std::string, Answer> answers;
    for (const auto& [name, entry] : shared_->entries) {
      if (!entry.gone) answers[name] = {entry.result, entry.running ? absl::FromChrono(now - *entry.begin) : absl::ZeroDuration()};
    }
    return answers;
  }

 private:
  using SteadyClock = std::chrono::steady_clock;
  // The sampler's cycle, in which Run is called, comes a little early or late.
  static constexpr double kDueAt = 0.95;  // of the interval

  struct Entry {
    Job job;
    bool running = false;
    bool gone = false;  // forgotten while it was running
    std::optional<SteadyClock::time_point> begin;
    std::shared_ptr<const Result> result;

    bool Due(SteadyClock::time_point now) const {
      return !running && !gone && (!begin || absl::FromChrono(now - *begin) >= job.interval * kDueAt);
    }
  };

  // What the threads share; they may outlive the runner.
  struct Shared {
    explicit Shared(std::size_t workers_max) : at_once(workers_max) {}

    const std::size_t at_once;
    std::mutex mutex;  // guards what follows
    std::condition_variable ended;
    std::map<std::string, Entry> entries;
    std::size_t workers = 0;
    bool over = false;

    // The one that has waited longest.
    auto NextDue() {
      const auto now = SteadyClock::now();
      auto next = entries.end();
      for (auto one = entries.begin(); !over && one != entries.end(); ++one) {
        if (one->second.Due(now) && (next == entries.end() || one->second.begin < next->second.begin)) next = one;
      }
      return next;
    }

    // A thread's life: one job after the other while any is due.
    void Work() {
      std::unique_lock lock(mutex);
      for (auto next = NextDue(); next != entries.end(); next = NextDue()) {
        const std::string name = next->first;
        const std::function<Result()> run = next->second.job.run;
        next->second.running = true;
        next->second.begin = SteadyClock::now();
        lock.unlock();
        auto result = std::make_shared<const Result>(run());
        lock.lock();
        const auto entry = entries.find(name);
        entry->second.running = false;
        entry->second.result = std::move(result);
        if (entry->second.gone) entries.erase(entry);
      }
      --workers;
      ended.notify_all();
    }
  };

  const std::shared_ptr<Shared> shared_;
};

}  // namespace steward::agent
