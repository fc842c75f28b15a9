#include "agent/probes/printers.h"

#include <algorithm>
#include <array>
#include <string>

#include "agent/platform/platform.h"
#include "agent/probes/text.h"
#include "base/text.h"

namespace steward::agent {
namespace {

constexpr Metric kStopped = {.name = "steward_printer_stopped", .help = "1 if the printer's queue stands still."};
constexpr Metric kNeedsAttention = {.name = "steward_printer_needs_attention",
                                    .help = "1 if the printer waits for somebody: a jam, no paper, an open door, another error."};
constexpr Metric kSupply = {.name = "steward_printer_supply_state", .help = "Toner, ink and waste: 0 good, 1 low, 2 empty (or full)."};
constexpr Metric kAlert = {.name = "steward_printer_alert", .help = "1: what the printer says of itself, as IPP names it."};

constexpr std::array<std::string_view, 9> kAttention = {"media-jam", "media-empty", "media-needed", "cover-open", "door-open",
                                                        "interlock-open", "output-area-full", "shutdown", "fuser"};
constexpr std::array<std::string_view, 6> kEmpty = {"toner-empty", "marker-supply-empty", "marker-waste-full", "marker-ink-empty",
                                                    "developer-empty", "opc-life-over"};
constexpr std::array<std::string_view, 6> kLow = {"toner-low", "marker-supply-low", "marker-waste-almost-full", "marker-ink-low",
                                                  "developer-low", "opc-near-eol"};

template <std::size_t N>
bool BeginsWithOneOf(const std::array<std::string_view, N>& words, std::string_view alert) {
  return std::any_of(words.begin(), words.end(), [&](std::string_view word) { return alert.starts_with(word); });
}

struct Printer {
  std::string name;
  bool stopped = false;
  bool needs_attention = false;
  int supply = 0;
};

void TakeAlert(std::string_view alert, Printer& printer, SampleSink& sink) {
  if (alert == "none") return;
  const LabelView labels[] = {{"alert", alert}, {"printer", printer.name}};
  sink.Add(kAlert, labels, 1);
  if (BeginsWithOneOf(kEmpty, alert)) printer.supply = 2;
  else if (BeginsWithOneOf(kLow, alert)) printer.supply = std::max(printer.supply, 1);
  else if (alert.ends_with("-error") || BeginsWithOneOf(kAttention, alert)) printer.needs_attention = true;
}

void Report(const Printer& printer, SampleSink& sink) {
  const LabelView labels[] = {{"printer", printer.name}};
  sink.Add(kStopped, labels, printer.stopped ? 1 : 0);
  sink.Add(kNeedsAttention, labels, printer.needs_attention ? 1 : 0);
  sink.Add(kSupply, labels, printer.supply);
}

class PrintersProbe final : public Probe {
 public:
  explicit PrintersProbe(Platform& platform) : platform_(platform) {}
  std::string_view name() const override { return "printers"; }
  absl::Duration slow_interval() const override { return kPrintersInterval; }

  absl::Status Collect(SampleSink& sink) override {
    const absl::StatusOr<std::string> text = platform_.RunTool(Tool::kPrinters, kPrintersDeadline);
    if (!text.ok()) return text.status();
    ParsePrinters(*text, sink);
    return absl::OkStatus();
  }

 private:
  Platform& platform_;
};

}  // namespace

// "printer Office is idle.  enabled since ...", then lines that begin with a tab, of which "Alerts: toner-low-warning media-jam-error".
void ParsePrinters(std::string_view text, SampleSink& sink) {
  constexpr std::string_view kAlerts = "\tAlerts:";
  Printer printer;
  int count = 0;
  std::string_view line;
  while (NextLine(text, line)) {
    if (line.starts_with("printer ")) {
      if (!printer.name.empty()) Report(printer, sink);
      printer = {};
      if (++count > kPrintersMax) return;
      std::string_view rest = line, word, state;
      if (!NextField(rest, word) || !NextField(rest, word) || !NextField(rest, state)) continue;
      printer.name = word;
      printer.stopped = state == "disabled";
    } else if (line.starts_with(kAlerts) && !printer.name.empty()) {
      std::string_view alerts = line.substr(kAlerts.size()), alert;
      while (NextField(alerts, alert)) TakeAlert(alert, printer, sink);
    }
  }
  if (!printer.name.empty()) Report(printer, sink);
}

std::unique_ptr<Probe> MakePrintersProbe(Platform& platform) { return std::make_unique<PrintersProbe>(platform); }

}  // namespace steward::agent
