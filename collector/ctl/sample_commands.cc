#include <charconv>

#include "base/text.h"
#include "collector/ctl/output.h"
#include "steward/v1/management.pb.h"

namespace steward::collector {
namespace {

google::protobuf::Timestamp TimestampOf(absl::Time time) {
  google::protobuf::Timestamp stamp;
  stamp.set_seconds(absl::ToUnixSeconds(time));
  stamp.set_nanos(static_cast<std::int32_t>(absl::ToInt64Nanoseconds(time - absl::FromUnixSeconds(stamp.seconds()))));
  return stamp;
}

std::string SeriesName(const v1::SampleSeries& series) {
  std::string name = series.metric();
  char separator = '{';
  for (const auto& [label, value] : std::map<std::string, std::string>(series.labels().begin(), series.labels().end())) {
    name += separator + label + "=\"" + value + "\"";
    separator = ',';
  }
  if (separator == ',') name += '}';
  return name;
}

}  // namespace

absl::Status Samples(const CtlContext& context, const SamplesArguments& arguments) {
  v1::QuerySamplesRequest request;
  request.set_machine(arguments.machine);
  request.set_metric(arguments.metric);
  for (const SamplesArguments::Matcher& label : arguments.labels) {
    v1::LabelMatcher* matcher = request.add_matchers();
    matcher->set_name(label.name);
    matcher->set_op(label.op);
    matcher->set_value(label.value);
  }
  request.set_fn(arguments.function);
  if (arguments.step) {
    request.mutable_step()->set_seconds(absl::ToInt64Seconds(*arguments.step));
    request.mutable_step()->set_nanos(
        static_cast<std::int32_t>(absl::ToInt64Nanoseconds(*arguments.step % absl::Seconds(1))));
  }
  if (arguments.from) *request.mutable_from() = TimestampOf(*arguments.from);
  if (arguments.to) *request.mutable_to() = TimestampOf(*arguments.to);
  v1::QuerySamplesResponse response;
  if (absl::Status called = context.api.Call("SampleService/QuerySamples", request, response); !called.ok()) return called;
  if (context.json) return PrintJson(context, response);
  if (response.series().empty()) {
    context.out << "No samples of " << Printable(arguments.metric) << " in this time"
                << (arguments.labels.empty() ? "" : " with these labels") << ".\n";
    return absl::OkStatus();
  }
  for (int i = 0; i < response.series_size(); ++i) {
    if (i > 0) context.out << '\n';
    const v1::SampleSeries& series = response.series(i);
    context.out << Printable(SeriesName(series)) << '\n';
    for (const v1::SamplePoint& point : series.points()) {
      char text[64];
      const auto end = std::to_chars(text, text + sizeof text, point.value()).ptr;
      context.out << absl::FormatTime("%Y-%m-%d %H:%M:%E3S", TimeOf(point.time()), absl::LocalTimeZone()) << "  "
                  << std::string_view(text, static_cast<std::size_t>(end - text)) << '\n';
    }
  }
  return absl::OkStatus();
}

}  // namespace steward::collector
