#include "agent/probes/top_programs.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_format.h"
#include "agent/probes/cpu.h"
#include "agent/probes/processes.h"
#include "agent/probes/text.h"
#include "base/human_text.h"
#include "base/text.h"

namespace steward::agent {
namespace {

constexpr std::size_t kShown = 5;

// "MemAvailable:   123 kB" as kB; 0: not there.
std::uint64_t MemoryField(std::string_view text, std::string_view name) {
  std::string_view line, field;
  while (NextLine(text, line)) {
    if (NextField(line, field) && field == name) return NextUnsigned(line).value_or(0);
  }
  return 0;
}

}  // namespace

void TopPrograms::Begin() {
  uses_.clear();
  seen_ = std::exchange(ticks_, {});
}

void TopPrograms::Add(std::uint64_t pid, const ProcessState& process) {
  Use& use = uses_[std::string(process.name)];
  ++use.processes;
  use.pages += process.resident_pages;
  ticks_[pid] = process.ticks;
  const auto before = seen_.find(pid);
  const std::uint64_t ticks = before == seen_.end() ? 0 : before->second;
  // One that has begun since counts from its beginning; of the first reading nothing is known.
  if (!seen_.empty() && process.ticks > ticks) use.ticks += process.ticks - ticks;
}

std::vector<Note> TopPrograms::Finish() {
  LookAtMemory();
  LookAtProcessors();
  std::vector<Note> notes;
  const double page = static_cast<double>(platform_.PageSizeBytes().value_or(4096));
  if (memory_is_short_) notes.push_back({"memory", "short", Words(&Use::pages, page, true)});
  if (is_busy_) notes.push_back({"processor", "busy", Words(&Use::ticks, 100 / processors_ticks_, false)});
  return notes;
}

void TopPrograms::LookAtMemory() {
  if (!platform_.ReadFile("/proc/meminfo", text_).ok()) return;
  const auto total = static_cast<double>(MemoryField(text_, "MemTotal:"));
  const auto available = static_cast<double>(MemoryField(text_, "MemAvailable:"));
  if (total > 0) memory_is_short_ = available < (memory_is_short_ ? kMemoryGood : kMemoryShort) * total;
}

void TopPrograms::LookAtProcessors() {
  if (!platform_.ReadFile("/proc/stat", text_).ok()) return;
  const absl::StatusOr<KernelStat> stat = ParseKernelStat(text_);
  if (!stat.ok() || stat->cpus.empty()) return;
  std::uint64_t total = 0, idle = 0;
  for (const CpuTimes& cpu : stat->cpus) {
    for (std::size_t mode = kUser; mode <= kSteal; ++mode) total += cpu.ticks[mode];
    idle += cpu.ticks[kIdle] + cpu.ticks[kIoWait];
  }
  const std::uint64_t before = std::exchange(total_, total), idle_before = std::exchange(idle_, idle);
  is_busy_ = is_busy_ && before != 0;
  if (before == 0 || total <= before || idle < idle_before) return;
  const auto passed = static_cast<double>(total - before);
  processors_ticks_ = passed / static_cast<double>(stat->cpus.size());
  is_busy_ = passed - static_cast<double>(idle - idle_before) >= (is_busy_ ? kCalm : kBusy) * passed;
}

std::string TopPrograms::Words(std::uint64_t Use::*what, double unit, bool is_memory) const {
  std::vector<std::pair<std::string_view, const Use*>> most;
  for (const auto& [name, use] : uses_) {
    if (use.*what > 0) most.emplace_back(name, &use);
  }
  std::sort(most.begin(), most.end(), [&](const auto& a, const auto& b) { return a.second->*what > b.second->*what; });
  if (most.size() > kShown) most.resize(kShown);
  std::string words;
  for (const auto& [name, use] : most) {
    const double amount = static_cast<double>(use->*what) * unit;
    StrAppend(&words, words.empty() ? "" : ", ", is_memory ? BytesText(amount) : absl::StrFormat("%.0f %%", amount), " ", name);
    if (use->processes > 1) StrAppend(&words, " (", use->processes, " processes)");
  }
  return words;
}

}  // namespace steward::agent
