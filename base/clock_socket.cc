#include "base/clock_socket.h"

#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <utility>

#include "absl/time/clock.h"
#include "base/text.h"
#include "boost/asio/local/stream_protocol.hpp"
#include "boost/asio/post.hpp"
#include "boost/asio/read_until.hpp"
#include "boost/asio/streambuf.hpp"
#include "boost/asio/write.hpp"

namespace steward {
namespace {

using Local = boost::asio::local::stream_protocol;
using boost::system::error_code;

constexpr std::size_t kLineBytesMax = 256;
constexpr std::size_t kSocketPathBytesMax = 107;  // sockaddr_un

std::string Now(const ManualClock& clock) {
  return StrCat("ok wall=", absl::FormatTime(absl::RFC3339_full, clock.WallNow(), absl::UTCTimeZone()),
                " boot=", absl::ToDoubleSeconds(clock.BootNow()), "\n");
}

// One client: reads a line, does it, answers, reads the next.
class Session : public std::enable_shared_from_this<Session> {
 public:
  Session(Local::socket socket, boost::asio::io_context& io, ManualClock& clock)
      : socket_(std::move(socket)), io_(io), clock_(clock), buffer_(kLineBytesMax) {}

  void Read() {
    boost::asio::async_read_until(socket_, buffer_, '\n', [self = shared_from_this()](error_code error, std::size_t size) {
      if (error) return;
      std::string line(static_cast<const char*>(self->buffer_.data().data()), size - 1);
      self->buffer_.consume(size);
      self->Do(line);
    });
  }

 private:
  void Do(const std::string& line) {
    const std::size_t space = line.find(' ');
    const std::string verb = line.substr(0, space);
    const std::string argument = space == std::string::npos ? "" : line.substr(space + 1);
    absl::Duration by;
    absl::Time wall;
    std::string problem;
    if (verb == "now" && argument.empty()) {
      Answer(Now(clock_));
    } else if (verb == "advance" && absl::ParseDuration(argument, &by) && by >= absl::ZeroDuration()) {
      Advance(by);
    } else if (verb == "wall" && absl::ParseTime(absl::RFC3339_full, argument, &wall, &problem)) {
      clock_.SetWall(wall);
      Answer(Now(clock_));
    } else {
      Answer("error say 'advance DURATION', 'wall RFC3339' or 'now'\n");
    }
  }

  // In steps, each to the next timer, so that a handler which starts a timer within the span is served too. What the
  // handlers posted runs before the next step.
  void Advance(absl::Duration left) {
    const absl::Duration step = std::min(left, std::max(clock_.UntilNextTimer(), absl::ZeroDuration()));
    clock_.Advance(step);
    boost::asio::post(io_, [self = shared_from_this(), left = left - step] {
      boost::asio::post(self->io_, [self, left] {
        if (left > absl::ZeroDuration()) {
          self->Advance(left);
        } else {
          self->Answer(Now(self->clock_));
        }
      });
    });
  }

  void Answer(std::string text) {
    auto kept = std::make_shared<std::string>(std::move(text));
    boost::asio::async_write(socket_, boost::asio::buffer(*kept), [self = shared_from_this(), kept](error_code error, std::size_t) {
      if (!error) self->Read();
    });
  }

  Local::socket socket_;
  boost::asio::io_context& io_;
  ManualClock& clock_;
  boost::asio::streambuf buffer_;
};

class Listener final : public ClockSocket {
 public:
  Listener(boost::asio::io_context& io, ManualClock& clock, std::string path)
      : io_(io), clock_(clock), path_(std::move(path)), acceptor_(io) {}
  ~Listener() override { ::unlink(path_.c_str()); }

  absl::Status Open() {
    ::unlink(path_.c_str());
    const mode_t before = ::umask(0177);
    error_code error;
    acceptor_.open(Local(), error);
    if (!error) acceptor_.bind(Local::endpoint(path_), error);
    if (!error) acceptor_.listen(4, error);
    ::umask(before);
    if (error) return absl::UnavailableError(StrCat("--clock unix:", path_, ": ", error.message()));
    Accept();
    return absl::OkStatus();
  }

 private:
  void Accept() {
    acceptor_.async_accept([this](error_code error, Local::socket socket) {
      if (error) return;
      std::make_shared<Session>(std::move(socket), io_, clock_)->Read();
      Accept();
    });
  }

  boost::asio::io_context& io_;
  ManualClock& clock_;
  const std::string path_;
  Local::acceptor acceptor_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<ClockSocket>> ClockSocket::Listen(boost::asio::io_context& io, ManualClock& clock,
                                                                 const std::string& path) {
  if (path.empty() || path.size() > kSocketPathBytesMax) {
    return absl::InvalidArgumentError(
        StrCat("--clock unix:", path, ": a socket's path has 1 to ", kSocketPathBytesMax, " bytes; use a shorter one"));
  }
  auto listener = std::make_unique<Listener>(io, clock, path);
  if (absl::Status status = listener->Open(); !status.ok()) return status;
  return listener;
}

absl::StatusOr<std::unique_ptr<Clock>> MakeClock(std::string_view option, boost::asio::io_context& io,
                                                 std::unique_ptr<ClockSocket>& socket) {
  if (option.empty()) return NewSystemClock();
  const char* test = std::getenv("STEWARD_TEST");
  if (test == nullptr || std::string_view(test) != "1") {
    return absl::FailedPreconditionError("--clock is for tests only: it is refused unless STEWARD_TEST=1 is set");
  }
  constexpr std::string_view kPrefix = "unix:";
  if (!option.starts_with(kPrefix)) {
    return absl::InvalidArgumentError(StrCat("--clock ", option, ": write --clock unix:PATH"));
  }
  const auto system = NewSystemClock();
  auto clock = std::make_unique<ManualClock>(system->WallNow(), system->BootNow());
  auto listening = ClockSocket::Listen(io, *clock, std::string(option.substr(kPrefix.size())));
  if (!listening.ok()) return listening.status();
  socket = *std::move(listening);
  return clock;
}

}  // namespace steward
