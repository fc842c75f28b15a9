// Bytes under a secret: written and read in pieces, so that any size needs little memory. FORMAT.md has the layout.
// What is read was proven to be what was written, piece by piece, and at its end that nothing is missing.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "collector/identity/random.h"

namespace steward::collector {

using ByteSink = std::function<absl::Status(std::string_view)>;
// Fills up to `size` bytes; fewer only at the end.
using ByteSource = std::function<absl::StatusOr<std::size_t>(char* to, std::size_t size)>;

inline constexpr std::size_t kSealedPieceBytes = 256 * 1024;
inline constexpr std::size_t kSealHintBytesMax = 1024;
// How dear it is to try a secret: 2^cost KiB of memory, so 64 MiB, and some tenths of a second; tests take less.
inline constexpr int kSealCost = 16;

// AES-256-GCM of one file; made of the secret and the file's salt.
class PieceCipher;

// One thread at a time.
class SealedWriter {
 public:
  // Writes the head. `hint` says in clear text where the secret is kept (a path), for whoever opens it.
  static absl::StatusOr<SealedWriter> Open(std::string_view secret, std::string_view hint, const RandomSource& random,
                                           ByteSink sink, int cost = kSealCost);
  SealedWriter(SealedWriter&&) noexcept;
  ~SealedWriter();

  absl::Status Write(std::string_view bytes);
  absl::Status Finish();  // once, at the end: without it the stream counts as cut off

 private:
  SealedWriter(std::unique_ptr<PieceCipher> cipher, ByteSink sink);

  std::unique_ptr<PieceCipher> cipher_;
  ByteSink sink_;
  std::string waiting_;
};

// The clear-text beginning of a sealed stream.
struct SealHead {
  std::string bytes;  // as read; authenticated with every piece
  int cost = 0;
  std::string salt;
  std::string key_check;
  std::string hint;
};

// DataLoss: not a sealed stream, of a newer version, or cut off within the head. Reads nothing behind the head.
absl::StatusOr<SealHead> ReadSealHead(const ByteSource& source);

// Gives bytes in order.
class ExactReader {
 public:
  virtual ~ExactReader() = default;
  // Exactly `size` bytes. DataLoss: damaged, cut off, or fewer were written.
  virtual absl::Status Read(char* to, std::size_t size) = 0;
  // OK if everything was read and nothing follows.
  virtual absl::Status ExpectEnd() = 0;
};

// One thread at a time.
class SealedReader final : public ExactReader {
 public:
  // PermissionDenied: the secret is another one's.
  static absl::StatusOr<SealedReader> Open(SealHead head, std::string_view secret, ByteSource source);
  SealedReader(SealedReader&&) noexcept;
  ~SealedReader() override;

  absl::Status Read(char* to, std::size_t size) override;
  absl::Status ExpectEnd() override;

 private:
  SealedReader(std::unique_ptr<PieceCipher> cipher, ByteSource source);
  absl::Status NextPiece();

  std::unique_ptr<PieceCipher> cipher_;
  ByteSource source_;
  std::string sealed_;     // one byte more than a sealed piece, if another follows
  std::string piece_;
  std::size_t at_ = 0;
  bool last_ = false;
};

}  // namespace steward::collector
