#include "agent/inventory/processor.h"

#include <set>
#include <utility>
#include <vector>

#include "agent/inventory/facts.h"
#include "agent/platform/platform.h"
#include "agent/probes/text.h"
#include "base/text.h"

namespace steward::agent {
namespace {

constexpr std::string_view kVulnerabilities = "/sys/devices/system/cpu/vulnerabilities";

class ProcessorInventory final : public InventorySource {
 public:
  explicit ProcessorInventory(Platform& platform) : platform_(platform) {}
  std::string_view group() const override { return "processor"; }

  absl::Status Collect(std::vector<Fact>& facts) override {
    std::string text;
    const absl::Status status = platform_.ReadFile("/proc/cpuinfo", text);
    if (!status.ok()) return status;
    const Processor processor = ParseCpuinfo(text);
    const auto count = [&](std::string_view key, std::int64_t number) {
      if (number > 0) AddFact(facts, std::string(key), StrCat(number));
    };
    AddFact(facts, "model", processor.model);
    AddFact(facts, "microcode", processor.microcode);
    count("sockets", processor.sockets);
    count("cores", processor.cores);
    count("threads", processor.threads);
    std::vector<std::string> names;
    if (!platform_.ListDirectory(kVulnerabilities, names).ok()) return absl::OkStatus();
    for (const std::string& name : names) {
      if (!platform_.ReadFile(StrCat(kVulnerabilities, "/", name), text).ok()) continue;
      AddFact(facts, "vulnerability/" + name, Trimmed(text));
    }
    return absl::OkStatus();
  }

 private:
  Platform& platform_;
};

}  // namespace

Processor ParseCpuinfo(std::string_view text) {
  Processor result;
  std::set<std::string_view> sockets;
  std::set<std::pair<std::string_view, std::string_view>> cores;  // socket, core
  std::string_view socket;
  std::string_view line;
  while (NextLine(text, line)) {
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) continue;
    const std::string_view key = Trimmed(line.substr(0, colon));
    const std::string_view value = Trimmed(line.substr(colon + 1));
    if (key == "processor" && ParseUnsigned(value).has_value()) {
      ++result.threads;
      socket = {};
    } else if (key == "physical id") {
      socket = value;
      sockets.insert(value);
    } else if (key == "core id") {
      cores.emplace(socket, value);
    } else if ((key == "model name" || key == "Model" || key == "Hardware") && result.model.empty()) {
      result.model = std::string(value);
    } else if (key == "microcode" && result.microcode.empty()) {
      result.microcode = std::string(value);
    }
  }
  result.sockets = static_cast<std::int64_t>(sockets.size());
  result.cores = static_cast<std::int64_t>(cores.size());
  return result;
}

std::unique_ptr<InventorySource> MakeProcessorInventory(Platform& platform) {
  return std::make_unique<ProcessorInventory>(platform);
}

}  // namespace steward::agent
