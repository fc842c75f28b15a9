#include "agent/spool/record.h"

#include <zlib.h>

namespace steward::agent {
namespace {

void AppendU32(std::uint32_t value, std::string& out) {
  for (int shift = 0; shift < 32; shift += 8) out.push_back(static_cast<char>((value >> shift) & 0xff));
}

std::uint32_t ReadU32(std::string_view data) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < 4; ++i) value |= std::uint32_t{static_cast<unsigned char>(data[i])} << (8 * i);
  return value;
}

std::uint32_t Crc(std::string_view length, std::string_view body) {
  uLong crc = crc32(0, reinterpret_cast<const Bytef*>(length.data()), static_cast<uInt>(length.size()));
  crc = crc32(crc, reinterpret_cast<const Bytef*>(body.data()), static_cast<uInt>(body.size()));
  return static_cast<std::uint32_t>(crc);
}

}  // namespace

void AppendRecord(RecordType type, std::string_view payload, std::string& out) {
  std::string body;
  body.reserve(payload.size() + 1);
  body.push_back(static_cast<char>(type));
  body.append(payload);
  std::string length;
  AppendU32(static_cast<std::uint32_t>(body.size()), length);
  out.append(length);
  AppendU32(Crc(length, body), out);
  out.append(body);
}

RecordReader::Result RecordReader::Next() {
  const std::string_view rest = data_.substr(position_);
  if (rest.empty()) return Result::kEnd;
  if (rest.size() < kFrameBytes) return Result::kShort;
  const std::size_t length = ReadU32(rest);
  if (length == 0 || length > kRecordBytesMax) return Result::kDamaged;
  if (rest.size() - kFrameBytes < length) return Result::kShort;
  const std::string_view body = rest.substr(kFrameBytes, length);
  if (Crc(rest.substr(0, 4), body) != ReadU32(rest.substr(4))) return Result::kDamaged;
  type_ = static_cast<RecordType>(body[0]);
  payload_ = body.substr(1);
  position_ += kFrameBytes + length;
  return Result::kRecord;
}

std::size_t RecordReader::after_damage() const {
  const std::string_view rest = data_.substr(position_);
  if (rest.size() < kFrameBytes) return data_.size();
  const std::size_t length = ReadU32(rest);
  if (length == 0 || length > rest.size() - kFrameBytes) return data_.size();
  return position_ + kFrameBytes + length;
}

}  // namespace steward::agent
