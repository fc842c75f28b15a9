#include "agent/probes/reboot_required.h"

#include <algorithm>
#include <cctype>
#include <set>

#include "agent/platform/platform.h"
#include "agent/probes/attributes.h"
#include "agent/probes/text.h"
#include "base/text.h"

namespace steward::agent {
namespace {

constexpr std::string_view kFlag = "/run/reboot-required";
constexpr std::string_view kFlagPackages = "/run/reboot-required.pkgs";
constexpr std::string_view kModules = "/lib/modules";
constexpr std::size_t kPackagesMax = 20;

constexpr Metric kRequired = {.name = "steward_reboot_required",
                              .help = "1: something that is installed takes effect only after a restart."};
constexpr Metric kReason = {.name = "steward_reboot_required_reason",
                            .help = "1: why: packages asked for it, a newer kernel, the running kernel's modules are gone."};
constexpr Metric kSince = {.name = "steward_reboot_required_since_timestamp_seconds",
                           .help = "When a package last asked for a restart."};
constexpr Metric kPackage = {.name = "steward_reboot_required_package_info", .help = "1: a package that asked for a restart."};
constexpr Metric kKernel = {.name = "steward_reboot_required_kernel_info",
                            .help = "1: the running kernel and the newest one of its kind that is installed."};

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

bool IsLetter(char c) { return std::isalpha(static_cast<unsigned char>(c)) != 0; }

// Takes the next number or word off `rest`; what is between them says nothing. Empty at the end.
std::string_view NextPiece(std::string_view& rest) {
  while (!rest.empty() && !IsDigit(rest.front()) && !IsLetter(rest.front())) rest.remove_prefix(1);
  std::size_t end = 0;
  while (end < rest.size() && (IsDigit(rest.front()) ? IsDigit(rest[end]) : IsLetter(rest[end]))) ++end;
  const std::string_view piece = rest.substr(0, end);
  rest.remove_prefix(end);
  return piece;
}

// "cloud-amd64" of 6.1.0-28-cloud-amd64, "generic" of 6.8.0-45-generic, "debug" of 5.14.0-427.el9.x86_64+debug, "" of
// 5.14.0-427.el9.x86_64.
std::string_view KindOf(std::string_view release) {
  if (const std::size_t plus = release.find('+'); plus != std::string_view::npos) return release.substr(plus + 1);
  for (std::size_t dash = release.find('-'); dash != std::string_view::npos; dash = release.find('-', dash + 1)) {
    if (dash + 1 < release.size() && IsLetter(release[dash + 1])) return release.substr(dash + 1);
  }
  return {};
}

class RebootRequiredProbe final : public Probe {
 public:
  explicit RebootRequiredProbe(Platform& platform) : platform_(platform) {}
  std::string_view name() const override { return "reboot_required"; }
  absl::Duration interval_min() const override { return kSlowInterval; }

  absl::Status Collect(SampleSink& sink) override {
    const absl::StatusOr<SystemName> name = platform_.Name();
    if (!name.ok()) return name.status();
    std::vector<std::string> installed;
    const absl::Status listed = platform_.ListDirectory(kModules, installed);
    const bool is_flagged = platform_.Exists(kFlag);
    if (absl::IsPermissionDenied(listed) && !is_flagged) return listed;
    if (installed.empty() && !is_flagged) return absl::NotFoundError("no kernel is installed here");
    const bool are_modules_gone = !installed.empty() && UsesModules() &&
                                  std::find(installed.begin(), installed.end(), name->release) == installed.end();
    std::erase_if(installed, [this](const std::string& release) { return !IsBootable(release); });
    const std::string newer = NewerKernel(name->release, installed);

    if (is_flagged) ReportFlag(sink);
    if (!newer.empty()) {
      const LabelView labels[] = {{"installed", newer}, {"running", name->release}};
      sink.Add(kKernel, labels, 1);
      ReportReason("kernel", sink);
    }
    if (are_modules_gone) ReportReason("modules", sink);
    sink.Add(kRequired, {}, is_flagged || !newer.empty() || are_modules_gone ? 1 : 0);
    return absl::OkStatus();
  }

 private:
  // What is left of a removed kernel is a folder of modules, without the kernel itself.
  bool IsBootable(const std::string& release) {
    return platform_.Exists(StrCat("/boot/vmlinuz-", release)) ||
           platform_.Exists(StrCat(kModules, "/", release, "/vmlinuz"));
  }
  // A kernel without loadable modules misses none.
  bool UsesModules() { return platform_.ReadFile("/proc/modules", text_).ok() && !text_.empty(); }

  static void ReportReason(std::string_view reason, SampleSink& sink) {
    const LabelView labels[] = {{"reason", reason}};
    sink.Add(kReason, labels, 1);
  }

  void ReportFlag(SampleSink& sink) {
    ReportReason("packages", sink);
    if (const absl::StatusOr<FileAttributes> flag = platform_.Attributes(kFlag); flag.ok()) {
      sink.Add(kSince, {}, absl::ToUnixSeconds(flag->modified));
    }
    if (!platform_.ReadFile(kFlagPackages, text_).ok()) return;
    std::set<std::string_view> packages;  // each asks with every upgrade
    std::string_view rest = text_;
    std::string_view line;
    while (NextLine(rest, line) && packages.size() < kPackagesMax) {
      if (!Trimmed(line).empty()) packages.insert(Trimmed(line));
    }
    for (const std::string_view package : packages) {
      const LabelView labels[] = {{"package", package}};
      sink.Add(kPackage, labels, 1);
    }
  }

  Platform& platform_;
  std::string text_;
};

}  // namespace

bool IsOlderKernel(std::string_view left, std::string_view right) {
  while (true) {
    const std::string_view left_piece = NextPiece(left);
    const std::string_view right_piece = NextPiece(right);
    if (left_piece.empty() || right_piece.empty()) return !right_piece.empty();
    const auto left_number = ParseUnsigned(left_piece);
    const auto right_number = ParseUnsigned(right_piece);
    if (left_number.has_value() != right_number.has_value()) return right_number.has_value();
    if (left_number != right_number) return left_number < right_number;
    if (!left_number.has_value() && left_piece != right_piece) return left_piece < right_piece;
  }
}

std::string NewerKernel(std::string_view running, const std::vector<std::string>& installed) {
  std::string_view newest = running;
  for (const std::string& release : installed) {
    const bool is_release = !release.empty() && IsDigit(release.front());
    if (is_release && KindOf(release) == KindOf(running) && IsOlderKernel(newest, release)) newest = release;
  }
  return newest == running ? std::string() : std::string(newest);
}

std::unique_ptr<Probe> MakeRebootRequiredProbe(Platform& platform) {
  return std::make_unique<RebootRequiredProbe>(platform);
}

}  // namespace steward::agent
