#include "collector/ctl/output.h"

#include <algorithm>

#include "base/human_text.h"
#include "base/text.h"
#include "google/protobuf/util/json_util.h"

namespace steward::collector {

absl::Status PrintJson(const CtlContext& context, const google::protobuf::Message& message) {
  google::protobuf::util::JsonPrintOptions options;
  options.add_whitespace = true;
  options.always_print_primitive_fields = true;
  std::string text;
  const auto printed = google::protobuf::util::MessageToJsonString(message, &text, options);
  if (!printed.ok()) return absl::InternalError(StrCat("the answer cannot be written as JSON: ", printed.ToString()));
  context.out << text;
  return absl::OkStatus();
}

absl::Time TimeOf(const google::protobuf::Timestamp& time) {
  return absl::FromUnixSeconds(time.seconds()) + absl::Nanoseconds(time.nanos());
}

std::string BothTimes(bool present, const google::protobuf::Timestamp& time, absl::Time now) {
  if (!present) return "never";
  return StrCat(absl::FormatTime("%Y-%m-%d %H:%M:%S", TimeOf(time), absl::LocalTimeZone()), " (",
                RelativeTime(TimeOf(time), now), ")");
}

std::string Ago(bool present, const google::protobuf::Timestamp& time, absl::Time now) {
  return present ? RelativeTime(TimeOf(time), now) : "never";
}

Colour SeverityColour(const std::string& severity) {
  if (severity == "critical" || severity == "high") return Colour::kBad;
  return severity == "medium" ? Colour::kWarning : Colour::kNone;
}

void Details::Print(const CtlContext& context) const {
  std::size_t width = 0;
  for (const auto& [name, value] : lines_) width = std::max(width, TextWidth(name));
  for (const auto& [name, value] : lines_) {
    context.out << Coloured(name, Colour::kSoft, context.colours) << std::string(width - TextWidth(name) + 2, ' ')
                << Printable(value) << '\n';
  }
}

void PrintHeading(const CtlContext& context, const std::string& heading) {
  context.out << '\n' << heading << '\n';
}

}  // namespace steward::collector
