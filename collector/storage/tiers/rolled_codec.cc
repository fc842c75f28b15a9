#include "collector/storage/tiers/rolled_codec.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <initializer_list>
#include <limits>
#include <utility>

#include "collector/storage/block/column_codec.h"
#include "collector/storage/block/compression.h"
#include "proto/wire/bytes.h"

namespace steward::collector {
namespace {

using Column = std::vector<std::int64_t>;

// What a value is told by its difference to. Stored: permanent.
enum Predictor : std::uint8_t {
  kNothing = 0,
  kLast = 1,
  kLastBefore = 2,   // `last` of the point before; of the first point its own
  kCountLasts = 3,   // count * last: all samples were as the last
  kCountMiddles = 4  // count * (min + max) / 2
};
constexpr int kPredictors = 5;
constexpr std::size_t kValueColumns = 4;  // last, max, min, sum
constexpr std::initializer_list<Predictor> kTried[kValueColumns] = {
    {kNothing}, {kNothing, kLast}, {kNothing, kLast, kLastBefore}, {kNothing, kCountLasts, kCountMiddles}};

absl::Status Damaged(const char* what) {
  return absl::DataLossError(std::string("rolled-up samples are damaged: ") + what);
}

// Doubles as integers of the same order; its own inverse.
std::int64_t Turned(std::int64_t bits) { return bits < 0 ? bits ^ std::numeric_limits<std::int64_t>::max() : bits; }
std::int64_t OrderedBits(double value) { return Turned(std::bit_cast<std::int64_t>(value)); }

bool IsInteger(double value) {
  constexpr double kEnd = 9223372036854775808.0;  // 2^63
  return value >= -kEnd && value < kEnd && std::trunc(value) == value && !(value == 0 && std::signbit(value));
}
bool AreIntegers(const std::vector<RolledPoint>& points) {
  return std::all_of(points.begin(), points.end(), [](const RolledPoint& point) {
    return IsInteger(point.min) && IsInteger(point.max) && IsInteger(point.sum) && IsInteger(point.last);
  });
}

// The columns of one series as numbers.
struct Numbers {
  const Column* counts = nullptr;
  std::array<Column, kValueColumns> values;  // last, max, min, sum

  // All arithmetic wraps around: whatever was subtracted is added again.
  std::uint64_t Predict(Predictor predictor, std::size_t i) const {
    const auto at = [&](std::size_t column, std::size_t row) {
      return static_cast<std::uint64_t>(values[column][row]);
    };
    switch (predictor) {
      case kNothing:
        return 0;
      case kLast:
        return at(0, i);
      case kLastBefore:
        return at(0, i == 0 ? 0 : i - 1);
      case kCountLasts:
        return static_cast<std::uint64_t>((*counts)[i]) * at(0, i);
      case kCountMiddles: {
        const std::int64_t low = values[2][i];
        const std::int64_t high = values[1][i];
        const std::int64_t middle = (low >> 1) + (high >> 1);
        const auto odd = static_cast<std::uint64_t>((low & 1) + (high & 1));  // halves
        const auto count = static_cast<std::uint64_t>((*counts)[i]);
        return count * static_cast<std::uint64_t>(middle) + (count * odd >> 1);
      }
    }
    return 0;
  }
};

// What is left of a column. `summed`: the column codec tells differences; of sums, that is the rests themselves.
Column Rests(const Numbers& numbers, std::size_t column, Predictor predictor, bool summed) {
  Column rests = numbers.values[column];
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < rests.size(); ++i) {
    const std::uint64_t rest = static_cast<std::uint64_t>(rests[i]) - numbers.Predict(predictor, i);
    sum = summed ? sum + rest : rest;
    rests[i] = static_cast<std::int64_t>(sum);
  }
  return rests;
}

std::size_t Bits(std::uint64_t difference) {
  const std::uint64_t magnitude = static_cast<std::int64_t>(difference) < 0 ? ~difference + 1 : difference;
  return static_cast<std::size_t>(std::bit_width(magnitude)) + (magnitude != 0 ? 1 : 0);
}

// About the bits that EncodeColumn would take for the Rests; the second: of those summed up.
std::pair<std::size_t, std::size_t> Costs(const Numbers& numbers, std::size_t column, Predictor predictor) {
  const Column& values = numbers.values[column];
  std::size_t plain = 0;
  std::size_t summed = 0;
  std::uint64_t before = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const std::uint64_t rest = static_cast<std::uint64_t>(values[i]) - numbers.Predict(predictor, i);
    plain += Bits(rest - before);
    summed += Bits(rest);
    before = rest;
  }
  return {plain, summed};
}

void AppendValues(const Numbers& numbers, std::size_t column, std::string& out) {
  std::size_t least = std::numeric_limits<std::size_t>::max();
  Predictor best = kNothing;
  bool is_summed = false;
  for (const Predictor predictor : kTried[column]) {
    const auto [plain, summed] = Costs(numbers, column, predictor);
    if (std::min(plain, summed) >= least) continue;
    least = std::min(plain, summed);
    best = predictor;
    is_summed = summed < plain;
  }
  out += static_cast<char>(best << 1 | (is_summed ? 1 : 0));
  EncodeColumn(Rests(numbers, column, best, is_summed), out);
}

absl::Status ReadValues(std::string_view bytes, std::size_t column, std::size_t count, Numbers& numbers) {
  if (bytes.empty()) return Damaged("a column");
  const auto how = static_cast<std::uint8_t>(bytes.front());
  const auto predictor = static_cast<Predictor>(how >> 1);
  if (predictor >= kPredictors || (column == 0 && predictor != kNothing)) return Damaged("how a column is told");
  Column& values = numbers.values[column];
  if (auto status = DecodeColumn(bytes.substr(1), count, values); !status.ok()) return status;
  std::uint64_t before = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const auto told = static_cast<std::uint64_t>(values[i]);
    const std::uint64_t rest = (how & 1) != 0 ? told - std::exchange(before, told) : told;
    values[i] = static_cast<std::int64_t>(rest + numbers.Predict(predictor, i));
  }
  return absl::OkStatus();
}

void AppendText(const std::string& text, std::string& out) {
  wire::AppendVarint(text.size(), out);
  out += text;
}

class Packer {
  using Moments = std::array<Column, 4>;  // buckets, counts, first, last

 public:
  explicit Packer(std::int64_t bucket_ms) : bucket_ms_(bucket_ms) {}

  void Add(const RolledSeries& series) {
    AppendText(series.metric, series_head_);
    wire::AppendVarint(series.labels.size(), series_head_);
    for (const auto& [name, value] : series.labels) {
      AppendText(name, series_head_);
      AppendText(value, series_head_);
    }
    wire::AppendVarint(static_cast<std::uint64_t>(series.numerator), series_head_);
    wire::AppendVarint(static_cast<std::uint64_t>(series.denominator), series_head_);
    Column counts;
    const std::size_t shape = ShapeOf(series.points, counts);
    const bool is_double = !AreIntegers(series.points);
    wire::AppendVarint(shape << 1 | (is_double ? 1 : 0), series_head_);
    const Numbers numbers = NumbersOf(series.points, counts, is_double);
    for (std::size_t column = 0; column < kValueColumns; ++column) {
      const std::size_t begin = series_columns_.size();
      AppendValues(numbers, column, series_columns_);
      wire::AppendVarint(series_columns_.size() - begin, series_head_);
    }
    ++series_count_;
  }

  std::string Finish() {
    std::string head;
    wire::AppendVarint(static_cast<std::uint64_t>(bucket_ms_), head);
    wire::AppendVarint(shapes_.size(), head);
    head += shape_head_;
    wire::AppendVarint(series_count_, head);
    head += series_head_;
    const std::string packed = Compressed(head);
    std::string content;
    wire::AppendVarint(packed.size(), content);
    return content + packed + shape_columns_ + series_columns_;
  }

 private:
  std::size_t ShapeOf(const std::vector<RolledPoint>& points, Column& counts) {
    Column buckets, first, last;
    for (const RolledPoint& point : points) {
      // Within the bucket, so the subtraction cannot leave the range, whatever wraps on the way.
      const std::uint64_t begin = static_cast<std::uint64_t>(point.bucket) * static_cast<std::uint64_t>(bucket_ms_);
      buckets.push_back(point.bucket);
      counts.push_back(static_cast<std::int64_t>(point.count));
      first.push_back(static_cast<std::int64_t>(static_cast<std::uint64_t>(point.first_ms) - begin));
      last.push_back(static_cast<std::int64_t>(static_cast<std::uint64_t>(point.last_ms) - begin));
    }
    Moments moments{std::move(buckets), counts, std::move(first), std::move(last)};
    const auto known = shapes_.find(moments);
    if (known != shapes_.end()) return known->second;
    wire::AppendVarint(points.size(), shape_head_);
    for (const Column& column : moments) {
      const std::size_t begin = shape_columns_.size();
      EncodeColumn(column, shape_columns_);
      wire::AppendVarint(shape_columns_.size() - begin, shape_head_);
    }
    return shapes_.emplace(std::move(moments), shapes_.size()).first->second;
  }

  static Numbers NumbersOf(const std::vector<RolledPoint>& points, const Column& counts, bool is_double) {
    Numbers numbers;
    numbers.counts = &counts;
    const auto number = [&](double value) { return is_double ? OrderedBits(value) : static_cast<std::int64_t>(value); };
    for (const RolledPoint& point : points) {
      numbers.values[0].push_back(number(point.last));
      numbers.values[1].push_back(number(point.max));
      numbers.values[2].push_back(number(point.min));
      numbers.values[3].push_back(number(point.sum));
    }
    return numbers;
  }

  const std::int64_t bucket_ms_;
  std::map<Moments, std::size_t> shapes_;  // to the number
  std::uint64_t series_count_ = 0;
  std::string shape_head_, shape_columns_, series_head_, series_columns_;
};

}  // namespace

std::string PackRolled(std::int64_t bucket_ms, absl::Span<const RolledSeries> series) {
  Packer packer(bucket_ms);
  for (const RolledSeries& one : series) packer.Add(one);
  return packer.Finish();
}

// Reads a head; the first thing that is wrong ends it.
class RolledPack::Parser {
 public:
  Parser(RolledPack& pack, std::string_view columns) : pack_(pack), rest_(*pack.head_), columns_(columns) {}

  absl::Status Parse() {
    pack_.bucket_ms_ = static_cast<std::int64_t>(Number());
    if (pack_.bucket_ms_ <= 0 || pack_.bucket_ms_ > kHours.period_ms()) return Damaged("its buckets");
    for (std::uint64_t left = Number(); ok_ && left > 0; --left) ParseShape();
    for (std::uint64_t left = Number(); ok_ && left > 0; --left) ParseSeries();
    return ok_ && rest_.empty() && columns_.empty() ? absl::OkStatus() : Damaged("its head");
  }

 private:
  std::uint64_t Number() {
    wire::ByteReader in(rest_);
    const std::uint64_t number = in.Varint();
    ok_ = ok_ && in.ok();
    if (ok_) rest_.remove_prefix(in.position());
    return ok_ ? number : 0;
  }
  // A piece of the head or of the columns; empty and the end of it all if so much is not there.
  std::string_view Take(std::uint64_t size, std::string_view& from) {
    ok_ = ok_ && size <= from.size();
    if (!ok_) return {};
    const std::string_view taken = from.substr(0, size);
    from.remove_prefix(size);
    return taken;
  }
  std::string Text() { return std::string(Take(Number(), rest_)); }

  void ParseShape() {
    Shape& shape = pack_.shapes_.emplace_back();
    shape.count = Number();
    ok_ = ok_ && shape.count > 0 && shape.count <= kRolledPointsMax;
    for (std::string_view& column : shape.columns) column = Take(Number(), columns_);
  }

  void ParseSeries() {
    RolledSeries& series = pack_.series_.emplace_back();
    series.metric = Text();
    for (std::uint64_t left = Number(); ok_ && left > 0; --left) {
      std::string name = Text();
      series.labels.emplace(std::move(name), Text());
    }
    series.numerator = static_cast<std::int64_t>(Number());
    series.denominator = static_cast<std::int64_t>(Number());
    const std::uint64_t token = Number();
    ok_ = ok_ && series.numerator > 0 && series.denominator > 0 && token >> 1 < pack_.shapes_.size();
    Values& values = pack_.values_.emplace_back();
    values.shape = token >> 1;
    values.is_double = (token & 1) != 0;
    for (std::string_view& column : values.columns) column = Take(Number(), columns_);
  }

  RolledPack& pack_;
  std::string_view rest_;
  std::string_view columns_;
  bool ok_ = true;
};

absl::StatusOr<RolledPack> RolledPack::Open(std::string_view content) {
  wire::ByteReader in(content);
  const std::uint64_t size = in.Varint();
  if (!in.ok() || size > in.remaining()) return Damaged("its head");
  auto head = Decompressed(content.substr(in.position(), size));
  if (!head.ok()) return head.status();
  RolledPack pack;
  pack.head_ = std::make_unique<const std::string>(*std::move(head));
  const absl::Status status = Parser(pack, content.substr(in.position() + size)).Parse();
  if (!status.ok()) return status;
  return pack;
}

absl::Status RolledPack::ReadMoments(Shape& shape) const {
  Moments moments;
  Column* const columns[] = {&moments.buckets, &moments.counts, &moments.first_offsets, &moments.last_offsets};
  for (std::size_t i = 0; i < 4; ++i) {
    if (auto status = DecodeColumn(shape.columns[i], shape.count, *columns[i]); !status.ok()) return status;
  }
  const std::int64_t bucket_max = std::numeric_limits<std::int64_t>::max() / bucket_ms_;
  for (std::size_t i = 0; i < shape.count; ++i) {
    const bool in_order = i == 0 || moments.buckets[i - 1] < moments.buckets[i];
    const bool in_range = moments.buckets[i] > -bucket_max && moments.buckets[i] < bucket_max;
    const bool within = 0 <= moments.first_offsets[i] && moments.first_offsets[i] <= moments.last_offsets[i] &&
                        moments.last_offsets[i] < bucket_ms_;
    if (!in_order || !in_range || !within || moments.counts[i] < 1) return Damaged("its moments");
  }
  shape.moments = std::move(moments);
  return absl::OkStatus();
}

absl::Status RolledPack::Read(std::size_t index, std::vector<RolledPoint>& points) {
  points.clear();
  const Values& values = values_[index];
  Shape& shape = shapes_[values.shape];
  if (!shape.moments.has_value()) {
    if (auto status = ReadMoments(shape); !status.ok()) return status;
  }
  const Moments& moments = *shape.moments;
  Numbers numbers;
  numbers.counts = &moments.counts;
  for (Column& column : numbers.values) column.resize(shape.count);
  for (std::size_t column = 0; column < kValueColumns; ++column) {
    if (auto status = ReadValues(values.columns[column], column, shape.count, numbers); !status.ok()) return status;
  }
  const auto number = [&](std::size_t column, std::size_t i) {
    const std::int64_t value = numbers.values[column][i];
    return values.is_double ? std::bit_cast<double>(Turned(value)) : static_cast<double>(value);
  };
  points.reserve(shape.count);
  for (std::size_t i = 0; i < shape.count; ++i) {
    const std::int64_t begin = moments.buckets[i] * bucket_ms_;
    points.push_back({moments.buckets[i], begin + moments.first_offsets[i], begin + moments.last_offsets[i],
                      static_cast<std::uint64_t>(moments.counts[i]), number(2, i), number(1, i), number(3, i),
                      number(0, i)});
  }
  return absl::OkStatus();
}

}  // namespace steward::collector
