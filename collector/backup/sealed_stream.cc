#include "collector/backup/sealed_stream.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "base/text.h"

namespace steward::collector {
namespace {

constexpr std::string_view kMagic = "STWDBKUP";
constexpr char kVersion = 1;
constexpr int kCostMin = 10;
constexpr int kCostMax = 18;
constexpr std::uint64_t kScryptR = 8;
constexpr std::size_t kSaltBytes = 16;
constexpr std::size_t kKeyBytes = 32;
constexpr std::size_t kKeyCheckBytes = 8;
constexpr std::size_t kTagBytes = 16;
constexpr std::size_t kNonceBytes = 12;
constexpr std::size_t kFixedHeadBytes = 8 + 1 + 1 + kSaltBytes + kKeyCheckBytes + 2;

// The key, and behind it what tells a wrong secret from a damaged file.
absl::StatusOr<std::string> DeriveKey(std::string_view secret, std::string_view salt, int cost) {
  if (secret.empty()) return absl::InvalidArgumentError("the secret is empty");
  std::string key(kKeyBytes + kKeyCheckBytes, '\0');
  const std::uint64_t n = std::uint64_t{1} << cost;
  const std::uint64_t memory_max = 2 * 128 * kScryptR * n + (1 << 20);
  if (EVP_PBE_scrypt(secret.data(), secret.size(), reinterpret_cast<const unsigned char*>(salt.data()), salt.size(), n,
                     kScryptR, 1, memory_max, reinterpret_cast<unsigned char*>(key.data()), key.size()) != 1) {
    return absl::ResourceExhaustedError(StrCat("the key could not be computed; it needs ", (128 * kScryptR * n) >> 20, " MiB"));
  }
  return key;
}

absl::Status CutOff() { return absl::DataLossError("the file is cut off; take another backup"); }

}  // namespace

class PieceCipher {
 public:
  PieceCipher(std::string key, std::string head) : key_(std::move(key)), head_(std::move(head)), context_(EVP_CIPHER_CTX_new()) {}
  ~PieceCipher() {
    EVP_CIPHER_CTX_free(context_);
    OPENSSL_cleanse(key_.data(), key_.size());
  }
  PieceCipher(const PieceCipher&) = delete;
  PieceCipher& operator=(const PieceCipher&) = delete;

  // The piece with its tag behind it.
  absl::StatusOr<std::string> Seal(std::string_view plain, bool last) {
    std::string sealed(plain.size() + kTagBytes, '\0');
    unsigned char* out = Bytes(sealed);
    int size = 0;
    if (Begin(last, /*encrypt=*/true) && EVP_CipherUpdate(context_, out, &size, Bytes(plain), static_cast<int>(plain.size())) == 1 &&
        EVP_CipherFinal_ex(context_, out + size, &size) == 1 &&
        EVP_CIPHER_CTX_ctrl(context_, EVP_CTRL_GCM_GET_TAG, kTagBytes, out + plain.size()) == 1) {
      return sealed;
    }
    return absl::InternalError("OpenSSL cannot encrypt by AES-256-GCM");
  }

  // False: not what Seal made of the same place.
  bool Open(std::string_view sealed, bool last, std::string& plain) {
    if (sealed.size() < kTagBytes) return false;
    plain.resize(sealed.size() - kTagBytes);
    std::string tag(sealed.substr(plain.size()));
    int size = 0;
    int end = 0;
    unsigned char none = 0;  // an empty piece has no bytes to point to
    unsigned char* out = plain.empty() ? &none : Bytes(plain);
    return Begin(last, /*encrypt=*/false) &&
           EVP_CipherUpdate(context_, out, &size, Bytes(sealed), static_cast<int>(plain.size())) == 1 &&
           EVP_CIPHER_CTX_ctrl(context_, EVP_CTRL_GCM_SET_TAG, kTagBytes, tag.data()) == 1 &&
           EVP_CipherFinal_ex(context_, out + size, &end) == 1;
  }

 private:
  static unsigned char* Bytes(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }
  static const unsigned char* Bytes(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }

  // The nonce is the piece's number and whether it is the last: pieces cannot be moved, left out or cut off unseen.
  bool Begin(bool last, bool encrypt) {
    unsigned char nonce[kNonceBytes] = {};
    for (int i = 0; i < 8; ++i) nonce[i] = static_cast<unsigned char>(number_ >> (8 * i));
    nonce[8] = last ? 1 : 0;
    ++number_;
    int size = 0;
    return context_ != nullptr &&
           EVP_CipherInit_ex(context_, EVP_aes_256_gcm(), nullptr, Bytes(std::string_view(key_)), nonce, encrypt ? 1 : 0) == 1 &&
           EVP_CipherUpdate(context_, nullptr, &size, Bytes(std::string_view(head_)), static_cast<int>(head_.size())) == 1;
  }

  std::string key_;
  const std::string head_;
  EVP_CIPHER_CTX* const context_;
  std::uint64_t number_ = 0;
};

absl::StatusOr<SealedWriter> SealedWriter::Open(std::string_view secret, std::string_view hint, const RandomSource& random,
                                                ByteSink sink, int cost) {
  hint = hint.substr(0, kSealHintBytesMax);
  const std::string salt = random(kSaltBytes);
  absl::StatusOr<std::string> key = DeriveKey(secret, salt, cost);
  if (!key.ok()) return key.status();
  std::string head = StrCat(kMagic, std::string(1, kVersion), std::string(1, static_cast<char>(cost)), salt,
                            key->substr(kKeyBytes));
  head += static_cast<char>(hint.size() & 0xff);
  head += static_cast<char>(hint.size() >> 8);
  head += hint;
  if (absl::Status status = sink(head); !status.ok()) return status;
  return SealedWriter(std::make_unique<PieceCipher>(key->substr(0, kKeyBytes), head), std::move(sink));
}

SealedWriter::SealedWriter(std::unique_ptr<PieceCipher> cipher, ByteSink sink) : cipher_(std::move(cipher)), sink_(std::move(sink)) {}
SealedWriter::SealedWriter(SealedWriter&&) noexcept = default;
SealedWriter::~SealedWriter() = default;

absl::Status SealedWriter::Write(std::string_view bytes) {
  while (!bytes.empty()) {
    if (waiting_.size() == kSealedPieceBytes) {  // more follows: it is not the last
      absl::StatusOr<std::string> sealed = cipher_->Seal(waiting_, false);
      if (!sealed.ok()) return sealed.status();
      if (absl::Status status = sink_(*sealed); !status.ok()) return status;
      waiting_.clear();
    }
    const std::size_t take = std::min(bytes.size(), kSealedPieceBytes - waiting_.size());
    waiting_ += bytes.substr(0, take);
    bytes.remove_prefix(take);
  }
  return absl::OkStatus();
}

absl::Status SealedWriter::Finish() {
  absl::StatusOr<std::string> sealed = cipher_->Seal(waiting_, true);
  return sealed.ok() ? sink_(*sealed) : sealed.status();
}

absl::StatusOr<SealHead> ReadSealHead(const ByteSource& source) {
  SealHead head;
  head.bytes.resize(kFixedHeadBytes);
  absl::StatusOr<std::size_t> got = source(head.bytes.data(), kFixedHeadBytes);
  if (!got.ok()) return got.status();
  const std::string_view bytes = head.bytes;
  if (*got < kMagic.size() || !bytes.starts_with(kMagic)) return absl::DataLossError("this is not a backup of a Steward collector");
  if (*got < kFixedHeadBytes) return CutOff();
  if (bytes[8] != kVersion) {
    return absl::DataLossError(StrCat("the backup has format ", static_cast<int>(static_cast<unsigned char>(bytes[8])),
                                      ", this program knows ", static_cast<int>(kVersion), "; use the Steward that wrote it, or a newer one"));
  }
  head.cost = static_cast<unsigned char>(bytes[9]);
  if (head.cost < kCostMin || head.cost > kCostMax) return absl::DataLossError("the head of the backup is damaged");
  head.salt = bytes.substr(10, kSaltBytes);
  head.key_check = bytes.substr(10 + kSaltBytes, kKeyCheckBytes);
  const std::size_t hint_bytes = static_cast<unsigned char>(bytes[kFixedHeadBytes - 2]) |
                                 std::size_t{static_cast<unsigned char>(bytes[kFixedHeadBytes - 1])} << 8;
  if (hint_bytes > kSealHintBytesMax) return absl::DataLossError("the head of the backup is damaged");
  head.hint.resize(hint_bytes);
  got = source(head.hint.data(), hint_bytes);
  if (!got.ok()) return got.status();
  if (*got < hint_bytes) return CutOff();
  head.bytes += head.hint;
  return head;
}

absl::StatusOr<SealedReader> SealedReader::Open(SealHead head, std::string_view secret, ByteSource source) {
  absl::StatusOr<std::string> key = DeriveKey(secret, head.salt, head.cost);
  if (!key.ok()) return key.status();
  if (CRYPTO_memcmp(key->data() + kKeyBytes, head.key_check.data(), kKeyCheckBytes) != 0) {
    return absl::PermissionDeniedError("the key is not that of this backup");
  }
  SealedReader reader(std::make_unique<PieceCipher>(key->substr(0, kKeyBytes), std::move(head.bytes)), std::move(source));
  reader.sealed_.resize(kSealedPieceBytes + kTagBytes + 1);
  const absl::StatusOr<std::size_t> got = reader.source_(reader.sealed_.data(), reader.sealed_.size());
  if (!got.ok()) return got.status();
  reader.sealed_.resize(*got);
  return reader;
}

SealedReader::SealedReader(std::unique_ptr<PieceCipher> cipher, ByteSource source)
    : cipher_(std::move(cipher)), source_(std::move(source)) {}
SealedReader::SealedReader(SealedReader&&) noexcept = default;
SealedReader::~SealedReader() = default;

absl::Status SealedReader::NextPiece() {
  constexpr std::size_t kWhole = kSealedPieceBytes + kTagBytes;
  if (last_) return absl::DataLossError("the backup ends before its content does");
  last_ = sealed_.size() <= kWhole;
  if (!cipher_->Open(std::string_view(sealed_).substr(0, kWhole), last_, piece_)) {
    return absl::DataLossError("the backup is damaged or cut off; take another one");
  }
  at_ = 0;
  if (last_) return absl::OkStatus();
  const char ahead = sealed_.back();
  sealed_.resize(kWhole + 1);
  sealed_.front() = ahead;
  const absl::StatusOr<std::size_t> got = source_(sealed_.data() + 1, kWhole);
  if (!got.ok()) return got.status();
  sealed_.resize(1 + *got);
  return absl::OkStatus();
}

absl::Status SealedReader::Read(char* to, std::size_t size) {
  while (size > 0) {
    if (at_ == piece_.size()) {
      if (absl::Status status = NextPiece(); !status.ok()) return status;
      continue;
    }
    const std::size_t take = std::min(size, piece_.size() - at_);
    std::memcpy(to, piece_.data() + at_, take);
    at_ += take;
    to += take;
    size -= take;
  }
  return absl::OkStatus();
}

absl::Status SealedReader::ExpectEnd() {
  if (at_ == piece_.size() && !last_) {
    if (absl::Status status = NextPiece(); !status.ok()) return status;
  }
  if (last_ && at_ == piece_.size()) return absl::OkStatus();
  return absl::DataLossError("the backup holds more than it says");
}

}  // namespace steward::collector
