#include "collector/metrics/text_source.h"

#include <zlib.h>

#include <cstring>
#include <new>
#include <utility>

namespace steward::collector {
namespace {

class OneText final : public TextSource {
 public:
  explicit OneText(std::string text) : text_(std::move(text)) {}
  bool Next(std::string& out) override {
    if (text_.empty()) return false;
    out += std::exchange(text_, {});
    return true;
  }

 private:
  std::string text_;
};

class JoinedText final : public TextSource {
 public:
  explicit JoinedText(std::vector<std::unique_ptr<TextSource>> sources) : sources_(std::move(sources)) {}
  bool Next(std::string& out) override {
    for (; at_ < sources_.size(); ++at_) {
      if (sources_[at_]->Next(out)) return true;
      sources_[at_].reset();
    }
    return false;
  }

 private:
  std::vector<std::unique_ptr<TextSource>> sources_;
  std::size_t at_ = 0;
};

class GzippedText final : public TextSource {
 public:
  explicit GzippedText(std::unique_ptr<TextSource> source) : source_(std::move(source)) {
    constexpr int kGzipWindow = 15 + 16;
    if (deflateInit2(&stream_, Z_BEST_SPEED, Z_DEFLATED, kGzipWindow, 8, Z_DEFAULT_STRATEGY) != Z_OK) {
      throw std::bad_alloc();
    }
  }
  ~GzippedText() override { deflateEnd(&stream_); }
  GzippedText(const GzippedText&) = delete;
  GzippedText& operator=(const GzippedText&) = delete;

  bool Next(std::string& out) override {
    const std::size_t before = out.size();
    while (!finished_ && out.size() == before) {
      piece_.clear();
      const bool more = source_->Next(piece_);
      Deflate(more ? Z_NO_FLUSH : Z_FINISH, out);
      finished_ = !more;
    }
    return out.size() > before;
  }

 private:
  void Deflate(int flush, std::string& out) {
    stream_.next_in = reinterpret_cast<Bytef*>(piece_.data());
    stream_.avail_in = static_cast<uInt>(piece_.size());
    int result = Z_OK;
    do {
      constexpr std::size_t kRoom = 16 * 1024;
      const std::size_t filled = out.size();
      out.resize(filled + kRoom);
      stream_.next_out = reinterpret_cast<Bytef*>(out.data() + filled);
      stream_.avail_out = kRoom;
      result = deflate(&stream_, flush);
      out.resize(filled + kRoom - stream_.avail_out);
    } while (stream_.avail_out == 0 && result != Z_STREAM_END);
  }

  std::unique_ptr<TextSource> source_;
  z_stream stream_{};
  std::string piece_;
  bool finished_ = false;
};

}  // namespace

std::unique_ptr<TextSource> TextOf(std::string text) { return std::make_unique<OneText>(std::move(text)); }

std::unique_ptr<TextSource> Joined(std::vector<std::unique_ptr<TextSource>> sources) {
  return std::make_unique<JoinedText>(std::move(sources));
}

std::unique_ptr<TextSource> Gzipped(std::unique_ptr<TextSource> source) {
  return std::make_unique<GzippedText>(std::move(source));
}

}  // namespace steward::collector
