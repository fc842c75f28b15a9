#include "agent/probes/uname.h"

#include "agent/platform/platform.h"
#include "agent/probes/attributes.h"

namespace steward::agent {
namespace {

constexpr Metric kInfo = {.name = "node_uname_info",
                          .help = "Labeled system information as provided by the uname system call."};

class UnameProbe final : public Probe {
 public:
  explicit UnameProbe(Platform& platform) : platform_(platform) {}
  std::string_view name() const override { return "uname"; }
  absl::Duration interval_min() const override { return kSlowInterval; }

  absl::Status Collect(SampleSink& sink) override {
    const absl::StatusOr<SystemName> name = platform_.Name();
    if (!name.ok()) return name.status();
    // node_exporter's label is "machine", which names the machine itself here.
    const LabelView labels[] = {{"architecture", name->machine}, {"domainname", name->domainname},
                                {"nodename", name->nodename},    {"release", name->release},
                                {"sysname", name->sysname},      {"version", name->version}};
    sink.Add(kInfo, labels, 1);
    return absl::OkStatus();
  }

 private:
  Platform& platform_;
};

}  // namespace

std::unique_ptr<Probe> MakeUnameProbe(Platform& platform) { return std::make_unique<UnameProbe>(platform); }

}  // namespace steward::agent
