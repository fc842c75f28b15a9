#include "collector/api/samples_json.h"

#include <charconv>
#include <cmath>
#include <cstdint>
#include <map>
#include <string_view>

#include "absl/time/civil_time.h"
#include "boost/json/serialize.hpp"
#include "boost/json/string_view.hpp"

namespace steward::collector {
namespace {

constexpr std::int64_t kSecondsPerDay = 86'400;
constexpr std::size_t kPointBytes = 56;  // about

void AppendText(std::string_view text, std::string& out) { out += boost::json::serialize(boost::json::string_view(text)); }

void AppendDigits(std::int64_t number, int digits, std::string& out) {
  char text[10];
  for (int i = digits; i-- > 0; number /= 10) text[i] = static_cast<char>('0' + number % 10);
  out.append(text, static_cast<std::size_t>(digits));
}

// RFC 3339 in UTC with 0, 3, 6 or 9 decimals, as protobuf writes it. Remembers the day: points follow each other.
class TimeWriter {
 public:
  void Append(const google::protobuf::Timestamp& time, std::string& out) {
    std::int64_t day = time.seconds() / kSecondsPerDay;
    if (time.seconds() % kSecondsPerDay < 0) --day;
    if (day != day_ || date_.empty()) SetDay(day);
    const std::int64_t second = time.seconds() - day * kSecondsPerDay;
    out += date_;
    AppendDigits(second / 3600, 2, out);
    out += ':';
    AppendDigits(second / 60 % 60, 2, out);
    out += ':';
    AppendDigits(second % 60, 2, out);
    if (time.nanos() != 0) AppendDecimals(time.nanos(), out);
    out += 'Z';
  }

 private:
  void SetDay(std::int64_t day) {
    const absl::CivilDay date = absl::CivilDay(1970, 1, 1) + day;
    day_ = day;
    date_.clear();
    AppendDigits(date.year(), 4, date_);
    date_ += '-';
    AppendDigits(date.month(), 2, date_);
    date_ += '-';
    AppendDigits(date.day(), 2, date_);
    date_ += 'T';
  }

  static void AppendDecimals(std::int64_t nanos, std::string& out) {
    out += '.';
    if (nanos % 1'000'000 == 0) return AppendDigits(nanos / 1'000'000, 3, out);
    if (nanos % 1'000 == 0) return AppendDigits(nanos / 1'000, 6, out);
    AppendDigits(nanos, 9, out);
  }

  std::int64_t day_ = 0;
  std::string date_;
};

// As few digits as give the same number again.
void AppendNumber(double value, std::string& out) {
  if (std::isnan(value)) {
    out += "\"NaN\"";
  } else if (std::isinf(value)) {
    out += value > 0 ? "\"Infinity\"" : "\"-Infinity\"";
  } else {
    char text[32];
    const auto end = std::to_chars(text, text + sizeof text, value);
    out.append(text, end.ptr);
  }
}

void AppendLabels(const v1::SampleSeries& series, std::string& out) {
  const std::map<std::string_view, std::string_view> sorted(series.labels().begin(), series.labels().end());
  const char* separator = "";
  for (const auto& [name, value] : sorted) {
    out += separator;
    AppendText(name, out);
    out += ':';
    AppendText(value, out);
    separator = ",";
  }
}

void AppendSeries(const v1::SampleSeries& series, TimeWriter& times, std::string& out) {
  out.reserve(out.size() + static_cast<std::size_t>(series.points_size()) * kPointBytes);
  out += "{\"metric\":";
  AppendText(series.metric(), out);
  out += ",\"labels\":{";
  AppendLabels(series, out);
  out += "},\"points\":[";
  const char* separator = "";
  for (const v1::SamplePoint& point : series.points()) {
    out += separator;
    out += "{\"time\":\"";
    times.Append(point.time(), out);
    out += "\",\"value\":";
    AppendNumber(point.value(), out);
    out += '}';
    separator = ",";
  }
  out += "]}";
}

}  // namespace

std::string SamplesJson(const v1::QuerySamplesResponse& response) {
  std::string out = "{\"series\":[";
  TimeWriter times;
  const char* separator = "";
  for (const v1::SampleSeries& series : response.series()) {
    out += separator;
    AppendSeries(series, times, out);
    separator = ",";
  }
  out += "]}";
  return out;
}

}  // namespace steward::collector
