// A text that is made piece by piece while it is sent, so that it is never in memory as a whole.
#pragma once

#include <memory>
#include <string>
#include <vector>

namespace steward::collector {

// About the size of a piece: large enough to be cheap, small enough to be forgotten.
inline constexpr std::size_t kPieceBytes = 64 * 1024;

// Used by one thread at a time.
class TextSource {
 public:
  virtual ~TextSource() = default;
  // Appends the next piece to `out`: at least one byte, usually about kPieceBytes. False: there is no more, nothing appended.
  virtual bool Next(std::string& out) = 0;
};

// One text that is there already; may be empty.
std::unique_ptr<TextSource> TextOf(std::string text);

// One after the other.
std::unique_ptr<TextSource> Joined(std::vector<std::unique_ptr<TextSource>> sources);

// The gzip form of `source`, at zlib's fastest level: the text is repetitive, the network near.
std::unique_ptr<TextSource> Gzipped(std::unique_ptr<TextSource> source);

}  // namespace steward::collector
