#include "agent/probes/conntrack.h"

#include <array>
#include <optional>
#include <string>

#include "agent/platform/platform.h"
#include "agent/probes/attributes.h"
#include "agent/probes/text.h"

namespace steward::agent {
namespace {

constexpr std::string_view kDirectory = "/proc/sys/net/netfilter";
constexpr std::string_view kStatPath = "/proc/net/stat/nf_conntrack";

constexpr Metric kEntries = {.name = "node_nf_conntrack_entries",
                             .help = "Number of currently allocated flow entries for connection tracking."};
constexpr Metric kLimit = {.name = "node_nf_conntrack_entries_limit",
                           .help = "Maximum size of connection tracking table."};

struct Column {
  std::size_t index;  // in the file, from 0
  Metric metric;
};
constexpr std::array<Column, 8> kColumns = {{
    {2, {.name = "node_nf_conntrack_stat_found", .help = "Number of searched entries which were successful."}},
    {4, {.name = "node_nf_conntrack_stat_invalid", .help = "Number of packets seen which can not be tracked."}},
    {5,
     {.name = "node_nf_conntrack_stat_ignore",
      .help = "Number of packets seen which are already connected to a conntrack entry."}},
    {8, {.name = "node_nf_conntrack_stat_insert", .help = "Number of entries inserted into the list."}},
    {9,
     {.name = "node_nf_conntrack_stat_insert_failed",
      .help = "Number of entries for which list insertion was attempted but failed."}},
    {10, {.name = "node_nf_conntrack_stat_drop", .help = "Number of packets dropped due to conntrack failure."}},
    {11,
     {.name = "node_nf_conntrack_stat_early_drop",
      .help = "Number of dropped conntrack entries to make room for new ones, if maximum table size was reached."}},
    {16,
     {.name = "node_nf_conntrack_stat_search_restart",
      .help = "Number of conntrack table lookups which had to be restarted due to hashtable resizes."}},
}};
constexpr std::size_t kColumnCount = 17;

class ConntrackProbe final : public Probe {
 public:
  explicit ConntrackProbe(Platform& platform) : platform_(platform), attributes_(platform) {}
  std::string_view name() const override { return "conntrack"; }
  absl::Status Collect(SampleSink& sink) override {
    const std::optional<std::int64_t> entries = attributes_.Integer(kDirectory, "nf_conntrack_count");
    const std::optional<std::int64_t> limit = attributes_.Integer(kDirectory, "nf_conntrack_max");
    if (!entries.has_value() || !limit.has_value()) return attributes_.NothingRead("no connection tracking");
    sink.Add(kEntries, {}, *entries);
    sink.Add(kLimit, {}, *limit);
    const absl::Status status = platform_.ReadFile(kStatPath, text_);
    if (absl::IsNotFound(status)) return absl::OkStatus();
    return status.ok() ? ParseConntrackStat(text_, sink) : status;
  }

 private:
  Platform& platform_;
  AttributeReader attributes_;
  std::string text_;
};

}  // namespace

absl::Status ParseConntrackStat(std::string_view text, SampleSink& sink) {
  std::array<std::uint64_t, kColumnCount> sums = {};
  std::string_view line;
  NextLine(text, line);  // the heading
  while (NextLine(text, line)) {
    std::string_view rest = line;
    for (std::uint64_t& sum : sums) {
      const std::optional<std::uint64_t> value = NextHex(rest);
      if (!value.has_value()) return Malformed(kStatPath, line);
      sum += *value;
    }
  }
  for (const Column& column : kColumns) sink.AddUnsigned(column.metric, {}, sums[column.index]);
  return absl::OkStatus();
}

std::unique_ptr<Probe> MakeConntrackProbe(Platform& platform) { return std::make_unique<ConntrackProbe>(platform); }

}  // namespace steward::agent
