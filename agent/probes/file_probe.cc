#include "agent/probes/file_probe.h"

#include <string>

namespace steward::agent {
namespace {

class FileProbe final : public Probe {
 public:
  FileProbe(Platform& platform, std::string_view name, std::string_view path, TextParser parse,
            absl::Duration interval_min)
      : platform_(platform), name_(name), path_(path), parse_(parse), interval_min_(interval_min) {}

  std::string_view name() const override { return name_; }
  absl::Duration interval_min() const override { return interval_min_; }
  absl::Status Collect(SampleSink& sink) override {
    const absl::Status status = platform_.ReadFile(path_, text_);
    return status.ok() ? parse_(text_, sink) : status;
  }

 private:
  Platform& platform_;
  const std::string_view name_;
  const std::string_view path_;
  const TextParser parse_;
  const absl::Duration interval_min_;
  std::string text_;
};

}  // namespace

std::unique_ptr<Probe> MakeFileProbe(Platform& platform, std::string_view name, std::string_view path, TextParser parse,
                                     absl::Duration interval_min) {
  return std::make_unique<FileProbe>(platform, name, path, parse, interval_min);
}

}  // namespace steward::agent
