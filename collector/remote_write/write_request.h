// The bytes of a remote-write request, version 1: a protobuf message (proto/prometheus/remote_write.proto), compressed
// by snappy. Written directly: a request is thousands of small fields, and building messages for them cost most of the
// time.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/types/span.h"
#include "steward/v1/sample.pb.h"

namespace steward::collector {

struct WritePoint {
  std::int64_t time_ms = 0;  // Unix
  double value = 0;
};

// The value that ends a series for Prometheus: this NaN and no other.
double StalenessMarker();
bool IsStalenessMarker(double value);

// Appends one label of a series. Labels of a series must come sorted by name.
void AppendLabelField(std::string_view name, std::string_view value, std::string& out);

// Appends a series to a request. `labels`: as AppendLabelField wrote them; `points` ascend by time.
void AppendSeriesField(std::string_view labels, absl::Span<const WritePoint> points, std::string& out);

// Appends what a metric means to a request.
void AppendMetadataField(std::string_view metric, v1::MetricType type, std::string_view help, std::string& out);

// Snappy's block format, as the protocol wants it.
std::string SnappyCompressed(std::string_view bytes);

}  // namespace steward::collector
