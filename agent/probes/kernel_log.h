// Faults that the kernel's log tells of: processes killed for memory, errors of disks, file systems, memory and processors,
// tasks that hang.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "agent/probe.h"
#include "agent/probe_settings.h"
#include "agent/probes/note_board.h"

namespace steward::agent {

// Each question may start the root helper anew; the lines bear their own times.
inline constexpr absl::Duration kKernelLogInterval = absl::Minutes(5);
inline constexpr absl::Duration kKernelLogDeadline = absl::Seconds(20);
inline constexpr std::size_t kKernelSubjectsMax = 100;  // all further ones are counted as "other"

// Counts the lines that agent/platform/linux/tools/kernel_log.h describes, each once: by kind and subject. It begins with all
// that the kernel still holds, so that the counts go on where they were when the agent starts anew.
class KernelEvents {
 public:
  void Count(std::string_view lines);
  void Report(SampleSink& sink) const;
  // Whom the system has killed for memory, as a note "oom_kill"; empty: nobody.
  std::vector<Note> Notes() const;

 private:
  void CountOne(std::string_view kind, std::string_view subject);

  std::uint64_t next_sequence_ = 0;
  std::map<std::pair<std::string, std::string>, std::int64_t> counts_;  // by kind and subject
};

// Of the inventory, key "oom_kill": "killed for memory since the machine started: java 2 times, chrome once".
inline constexpr char kKilledGroup[] = "killed";

std::unique_ptr<Probe> MakeKernelLogProbe(Platform& platform, const ProbeSettings& settings);

}  // namespace steward::agent
