#include "agent/probes/processes.h"

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "agent/platform/platform.h"
#include "agent/probes/attributes.h"
#include "agent/probes/text.h"
#include "agent/probes/top_programs.h"

namespace steward::agent {
namespace {

constexpr std::string_view kKernelDirectory = "/proc/sys/kernel";
// Fields after the command, of which the state is field 0 (proc(5)).
constexpr int kUserField = 11, kSystemField = 12, kThreadsField = 17, kResidentField = 21;

constexpr Metric kThreads = {.name = "node_processes_threads", .help = "Allocated threads in system"};
constexpr Metric kThreadsState = {.name = "node_processes_threads_state", .help = "Number of threads in each state."};
constexpr Metric kMaxThreads = {.name = "node_processes_max_threads", .help = "Limit of threads in the system"};
constexpr Metric kState = {.name = "node_processes_state", .help = "Number of processes in each state."};
constexpr Metric kPids = {.name = "node_processes_pids", .help = "Number of PIDs"};
constexpr Metric kMaxProcesses = {.name = "node_processes_max_processes", .help = "Number of max PIDs limit"};

class ProcessesProbe final : public Probe {
 public:
  ProcessesProbe(Platform& platform, const ProbeSettings& settings)
      : platform_(platform), attributes_(platform), top_(platform), notes_(settings.names_programs ? settings.notes : nullptr) {}
  std::string_view name() const override { return "processes"; }
  // One read a process and thread: too dear for every cycle on a busy server.
  absl::Duration interval_min() const override { return kMinuteInterval; }

  absl::Status Collect(SampleSink& sink) override {
    states_.clear();
    thread_states_.clear();
    std::int64_t pids = 0;
    std::uint64_t threads = 0;
    absl::Status status = platform_.ListDirectory("/proc", pids_);
    if (!status.ok()) return status;
    if (notes_) top_.Begin();
    for (const std::string& pid : pids_) {
      const std::optional<std::uint64_t> number = ParseUnsigned(pid);
      if (!number.has_value()) continue;
      path_.assign("/proc/").append(pid).append("/stat");
      const absl::StatusOr<ProcessState> process = Read();
      if (absl::IsNotFound(process.status())) continue;  // ended meanwhile
      if (!process.ok()) return process.status();
      if (notes_) top_.Add(*number, *process);
      ++pids;
      ++states_[process->state];
      threads += process->threads;
      if (process->threads <= 1) {
        ++thread_states_[process->state];
      } else {
        CountThreads(pid);
      }
    }
    if (notes_) notes_->Set(kProgramsGroup, top_.Finish());
    sink.AddUnsigned(kThreads, {}, threads);
    sink.Add(kPids, {}, pids);
    ReportLimits(sink);
    ReportStates(kState, "state", states_, sink);
    ReportStates(kThreadsState, "thread_state", thread_states_, sink);
    return absl::OkStatus();
  }

 private:
  absl::StatusOr<ProcessState> Read() {
    const absl::Status status = platform_.ReadFile(path_, text_);
    if (!status.ok()) return status;
    return ParseProcessStat(text_);
  }

  void CountThreads(const std::string& pid) {
    const std::string directory = "/proc/" + pid + "/task";
    if (!platform_.ListDirectory(directory, tasks_).ok()) return;
    for (const std::string& task : tasks_) {
      path_.assign(directory).append("/").append(task).append("/stat");
      const absl::StatusOr<ProcessState> thread = Read();
      if (thread.ok()) ++thread_states_[thread->state];
    }
  }

  void ReportLimits(SampleSink& sink) {
    if (const auto value = attributes_.Integer(kKernelDirectory, "threads-max")) sink.Add(kMaxThreads, {}, *value);
    if (const auto value = attributes_.Integer(kKernelDirectory, "pid_max")) sink.Add(kMaxProcesses, {}, *value);
  }

  static void ReportStates(const Metric& metric, std::string_view label, const std::map<char, std::int64_t>& states,
                           SampleSink& sink) {
    for (const auto& [state, count] : states) {
      const LabelView labels[] = {{label, std::string_view(&state, 1)}};
      sink.Add(metric, labels, count);
    }
  }

  Platform& platform_;
  AttributeReader attributes_;
  TopPrograms top_;
  const std::shared_ptr<NoteBoard> notes_;  // none: nobody is named
  std::map<char, std::int64_t> states_;
  std::map<char, std::int64_t> thread_states_;
  std::vector<std::string> pids_;
  std::vector<std::string> tasks_;
  std::string path_;
  std::string text_;
};

}  // namespace

absl::StatusOr<ProcessState> ParseProcessStat(std::string_view text) {
  const std::size_t command_end = text.rfind(')');
  if (command_end == std::string_view::npos) return Malformed("/proc/<pid>/stat", text);
  std::string_view rest = text.substr(command_end + 1);
  std::string_view field;
  if (!NextField(rest, field) || field.size() != 1) return Malformed("/proc/<pid>/stat", text);
  ProcessState process;
  process.state = field.front();
  const std::size_t command = text.find('(');
  if (command < command_end) process.name = text.substr(command + 1, command_end - command - 1);
  bool has_threads = false;
  for (int index = 1; index <= kResidentField && NextField(rest, field); ++index) {
    const std::optional<std::uint64_t> value = ParseUnsigned(field);
    if (!value.has_value()) continue;
    if (index == kThreadsField) has_threads = true;
    if (index == kThreadsField) process.threads = *value;
    if (index == kUserField || index == kSystemField) process.ticks += *value;
    if (index == kResidentField) process.resident_pages = *value;
  }
  if (!has_threads) return Malformed("/proc/<pid>/stat", text);
  return process;
}

std::unique_ptr<Probe> MakeProcessesProbe(Platform& platform, const ProbeSettings& settings) {
  return std::make_unique<ProcessesProbe>(platform, settings);
}

}  // namespace steward::agent
