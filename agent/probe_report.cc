#include "agent/probe_report.h"

#include <array>
#include <charconv>
#include <cmath>
#include <limits>

#include "absl/strings/str_cat.h"
#include "base/text.h"
#include "boost/json.hpp"
#include "proto/wire/descriptor.h"

namespace steward::agent {
namespace {

std::string NumberText(double value) {
  std::array<char, 64> buffer;
  const auto [end, error] = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value);
  return error == std::errc() ? std::string(buffer.data(), end) : std::string("NaN");
}

// Whole numbers in full, others in the shortest form.
std::string ScaledText(const Metric& metric, std::int64_t value) {
  std::int64_t product = 0;
  const bool fits = !__builtin_mul_overflow(value, metric.numerator, &product);
  if (fits && product % metric.denominator == 0) return StrCat(product / metric.denominator);
  const double numerator =
      fits ? static_cast<double>(product) : static_cast<double>(value) * static_cast<double>(metric.numerator);
  return NumberText(numerator / static_cast<double>(metric.denominator));
}

std::string Escaped(std::string_view text) { return wire::EscapedUtf8(text, wire::kLabelValueBytesMax); }

class ReportSink final : public SampleSink {
 public:
  void Begin(std::string_view probe) {
    probe_ = probe;
    pending.clear();
    saturated = 0;
  }
  void Add(const Metric& metric, absl::Span<const LabelView> labels, std::int64_t value) override {
    Keep(metric, labels, ScaledText(metric, value));
  }
  void AddDouble(const Metric& metric, absl::Span<const LabelView> labels, double value) override {
    Keep(metric, labels, NumberText(value));
  }
  void AddUnsigned(const Metric& metric, absl::Span<const LabelView> labels, std::uint64_t value) override {
    constexpr auto kMax = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
    if (value > kMax) ++saturated;
    Add(metric, labels, static_cast<std::int64_t>(value > kMax ? kMax : value));
  }

  std::vector<ReportedSample> pending;
  int saturated = 0;

 private:
  void Keep(const Metric& metric, absl::Span<const LabelView> labels, std::string value) {
    ReportedSample& sample = pending.emplace_back();
    sample.probe = probe_;
    sample.metric = std::string(metric.name);
    for (const auto& [name, text] : labels) sample.labels.emplace_back(name, Escaped(text));
    sample.value = std::move(value);
    sample.type = metric.type;
  }

  std::string probe_;
};

std::string_view TypeName(MetricType type) {
  switch (type) {
    case MetricType::kGauge:
      return "gauge";
    case MetricType::kCounter:
      return "counter";
    case MetricType::kUntyped:
      break;
  }
  return "untyped";
}

// The unit a metric's name promises.
std::string_view UnitOf(std::string_view metric) {
  if (metric.ends_with("_total")) metric.remove_suffix(6);
  constexpr std::array<std::pair<std::string_view, std::string_view>, 17> kUnits = {{
      {"_seconds", "s"},
      {"_bytes", "bytes"},
      {"_celsius", "°C"},
      {"_hertz", "Hz"},
      {"_volts", "V"},
      {"_volt", "V"},
      {"_watt", "W"},
      {"_amps", "A"},
      {"_ampere", "A"},
      {"_joule", "J"},
      {"_joules", "J"},
      {"_rpm", "rpm"},
      {"_bits", "bits"},
      {"_watthour", "Wh"},
      {"zone_temp", "°C"},
      {"_sectors", "sectors"},
      {"_ratio", "(ratio)"},
  }};
  for (const auto& [suffix, unit] : kUnits) {
    if (metric.ends_with(suffix)) return unit;
  }
  return "";
}

std::string JsonText(std::string_view text) {
  return boost::json::serialize(boost::json::string(boost::json::string_view(text.data(), text.size())));
}

// A list of JSON objects, one a line.
template <typename Entries, typename Render>
std::string JsonList(std::string_view name, const Entries& entries, Render render) {
  std::string out = StrCat("  ", JsonText(name), ": [");
  bool first = true;
  for (const auto& entry : entries) {
    StrAppend(&out, first ? "\n    " : ",\n    ", render(entry));
    first = false;
  }
  out += first ? "]" : "\n  ]";
  return out;
}

std::string JsonSample(const ReportedSample& sample) {
  std::string labels;
  for (const auto& [name, value] : sample.labels) {
    StrAppend(&labels, labels.empty() ? "" : ", ", JsonText(name), ": ", JsonText(value));
  }
  const bool is_number = sample.value.find_first_of("nN") == std::string::npos;
  return StrCat("{\"probe\": ", JsonText(sample.probe), ", \"metric\": ", JsonText(sample.metric), ", \"labels\": {",
                labels, "}, \"value\": ", is_number ? sample.value : "null",
                ", \"type\": ", JsonText(TypeName(sample.type)), "}");
}

std::string JsonProblem(const ReportedProblem& problem) {
  return StrCat("{\"source\": ", JsonText(problem.source), ", \"text\": ", JsonText(problem.text), "}");
}

void AppendSamples(const ProbeReport& report, std::string& out) {
  std::string_view probe;
  for (const ReportedSample& sample : report.samples) {
    if (sample.probe != probe) {
      StrAppend(&out, probe.empty() ? "" : "\n", sample.probe, "\n");
      probe = sample.probe;
    }
    StrAppend(&out, "  ", sample.metric);
    std::string_view before = "{";
    for (const auto& [name, value] : sample.labels) {
      StrAppend(&out, before, name, "=", JsonText(value));
      before = ", ";
    }
    const std::string_view unit = UnitOf(sample.metric);
    StrAppend(&out, sample.labels.empty() ? "" : "}", "  ", sample.value, unit.empty() ? "" : " ", unit, "\n");
  }
}

void AppendProblems(std::string_view title, const std::vector<ReportedProblem>& problems, std::string& out) {
  if (problems.empty()) return;
  StrAppend(&out, "\n", title, "\n");
  for (const ReportedProblem& problem : problems) StrAppend(&out, "  ", problem.source, ": ", problem.text, "\n");
}

void Judge(const std::string& source, const absl::Status& status, ProbeReport& report) {
  const std::string message = Escaped(ToStd(status.message()));
  if (absl::IsNotFound(status)) {
    report.notes.push_back({source, StrCat("not on this machine (", message, ")")});
  } else if (absl::IsPermissionDenied(status)) {
    report.notes.push_back({source, StrCat("not permitted (", message, "); run it as root to see it")});
  } else if (absl::IsDeadlineExceeded(status)) {
    report.notes.push_back({source, StrCat("did not answer in time (", message, "); the agent tries again")});
  } else {
    report.errors.push_back({source, StrCat(message,
                                            "; nothing of this source is reported. Please send a recording "
                                            "(steward-agent probe --record DIR) with a bug report")});
  }
}

}  // namespace

ProbeReport MakeProbeReport(absl::Span<const std::unique_ptr<Probe>> probes,
                            std::vector<std::unique_ptr<InventorySource>>& inventory) {
  ProbeReport report;
  ReportSink sink;
  for (const std::unique_ptr<Probe>& probe : probes) {
    sink.Begin(probe->name());
    const absl::Status status = probe->Collect(sink);
    if (!status.ok()) {
      Judge(std::string(probe->name()), status, report);
      continue;
    }
    std::move(sink.pending.begin(), sink.pending.end(), std::back_inserter(report.samples));
    if (sink.saturated > 0) {
      report.notes.push_back(
          {std::string(probe->name()), StrCat(sink.saturated, " numbers beyond 2^63-1 are shown as 2^63-1")});
    }
  }
  report.inventory = CollectInventory(inventory);
  for (InventoryGroup& group : report.inventory) {
    for (Fact& fact : group.facts) fact = {Escaped(fact.key), Escaped(fact.value)};
    if (!group.note.empty()) report.notes.push_back({"inventory/" + group.group, Escaped(group.note)});
  }
  return report;
}

std::string ReportText(const ProbeReport& report) {
  std::string out;
  AppendSamples(report, out);
  bool any_fact = false;
  for (const InventoryGroup& group : report.inventory) {
    if (group.facts.empty()) continue;
    StrAppend(&out, any_fact || !report.samples.empty() ? "\n" : "", "inventory: ", group.group, "\n");
    any_fact = true;
    for (const Fact& fact : group.facts) StrAppend(&out, "  ", fact.key, ": ", fact.value, "\n");
  }
  AppendProblems("notes", report.notes, out);
  AppendProblems("errors", report.errors, out);
  return out;
}

std::string ReportJson(const ProbeReport& report) {
  std::vector<std::string> facts;
  for (const InventoryGroup& group : report.inventory) {
    for (const Fact& fact : group.facts) {
      facts.push_back(StrCat("{\"group\": ", JsonText(group.group), ", \"key\": ", JsonText(fact.key),
                             ", \"value\": ", JsonText(fact.value), "}"));
    }
  }
  return StrCat("{\n", JsonList("samples", report.samples, &JsonSample), ",\n",
                JsonList("facts", facts, [](const std::string& fact) { return fact; }), ",\n",
                JsonList("notes", report.notes, &JsonProblem), ",\n", JsonList("errors", report.errors, &JsonProblem),
                "\n}\n");
}

}  // namespace steward::agent
