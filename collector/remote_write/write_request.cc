#include "collector/remote_write/write_request.h"

#include <bit>
#include <cmath>

#include "proto/wire/bytes.h"
#include "snappy.h"

namespace steward::collector {
namespace {

constexpr std::uint64_t kStaleBits = 0x7ff0000000000002;
constexpr std::uint64_t kNormalNanBits = 0x7ff8000000000001;

// A field's key is its number and how its bytes are laid out.
constexpr std::uint8_t VarintKey(int field) { return static_cast<std::uint8_t>(field << 3 | 0); }
constexpr std::uint8_t Fixed64Key(int field) { return static_cast<std::uint8_t>(field << 3 | 1); }
constexpr std::uint8_t BytesKey(int field) { return static_cast<std::uint8_t>(field << 3 | 2); }

void AppendKey(std::uint8_t key, std::string& out) { out += static_cast<char>(key); }

std::size_t VarintBytes(std::uint64_t value) {
  std::size_t bytes = 1;
  while (value >= 0x80) {
    value >>= 7;
    ++bytes;
  }
  return bytes;
}

std::size_t BytesFieldBytes(std::size_t size) { return 1 + VarintBytes(size) + size; }

void AppendBytesField(int field, std::string_view bytes, std::string& out) {
  AppendKey(BytesKey(field), out);
  wire::AppendVarint(bytes.size(), out);
  out.append(bytes);
}

void AppendDouble(double value, std::string& out) {
  std::uint64_t bits = std::bit_cast<std::uint64_t>(value);
  // A source's own NaN must not end its series by chance.
  if (std::isnan(value) && bits != kStaleBits) bits = kNormalNanBits;
  for (int shift = 0; shift < 64; shift += 8) out += static_cast<char>(bits >> shift & 0xff);
}

std::size_t SampleBytes(const WritePoint& point) {
  return 9 + 1 + VarintBytes(static_cast<std::uint64_t>(point.time_ms));
}

void AppendSample(const WritePoint& point, std::string& out) {
  AppendKey(BytesKey(2), out);
  wire::AppendVarint(SampleBytes(point), out);
  AppendKey(Fixed64Key(1), out);
  AppendDouble(point.value, out);
  AppendKey(VarintKey(2), out);
  wire::AppendVarint(static_cast<std::uint64_t>(point.time_ms), out);
}

std::uint64_t TypeNumber(v1::MetricType type) {
  switch (type) {
    case v1::METRIC_TYPE_COUNTER:
      return 1;
    case v1::METRIC_TYPE_GAUGE:
      return 2;
    default:
      return 0;
  }
}

}  // namespace

double StalenessMarker() { return std::bit_cast<double>(kStaleBits); }

bool IsStalenessMarker(double value) { return std::bit_cast<std::uint64_t>(value) == kStaleBits; }

void AppendLabelField(std::string_view name, std::string_view value, std::string& out) {
  AppendKey(BytesKey(1), out);
  wire::AppendVarint(BytesFieldBytes(name.size()) + BytesFieldBytes(value.size()), out);
  AppendBytesField(1, name, out);
  AppendBytesField(2, value, out);
}

void AppendSeriesField(std::string_view labels, absl::Span<const WritePoint> points, std::string& out) {
  std::size_t size = labels.size();
  for (const WritePoint& point : points) size += BytesFieldBytes(SampleBytes(point));
  AppendKey(BytesKey(1), out);
  wire::AppendVarint(size, out);
  out.append(labels);
  for (const WritePoint& point : points) AppendSample(point, out);
}

void AppendMetadataField(std::string_view metric, v1::MetricType type, std::string_view help, std::string& out) {
  const std::uint64_t number = TypeNumber(type);  // one byte; 0 is left out, as everywhere in proto3
  AppendKey(BytesKey(3), out);
  wire::AppendVarint(
      (number != 0 ? 2 : 0) + BytesFieldBytes(metric.size()) + (help.empty() ? 0 : BytesFieldBytes(help.size())), out);
  if (number != 0) {
    AppendKey(VarintKey(1), out);
    wire::AppendVarint(number, out);
  }
  AppendBytesField(2, metric, out);
  if (!help.empty()) AppendBytesField(4, help, out);
}

std::string SnappyCompressed(std::string_view bytes) {
  std::string compressed;
  snappy::Compress(bytes.data(), bytes.size(), &compressed);
  return compressed;
}

}  // namespace steward::collector
