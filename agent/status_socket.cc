#include "agent/status_socket.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <utility>

#include "base/text.h"
#include "boost/asio/local/stream_protocol.hpp"
#include "boost/asio/read_until.hpp"
#include "boost/asio/steady_timer.hpp"
#include "boost/asio/streambuf.hpp"
#include "boost/asio/write.hpp"
#include "boost/json.hpp"

namespace steward::agent {
namespace {

namespace asio = boost::asio;
using asio::local::stream_protocol;

constexpr char kName[] = "agent.sock";
constexpr char kLooking[] = R"({"looking":true})";
constexpr std::size_t kRequestBytesMax = 4096;
constexpr std::size_t kAnswerBytesMax = 1 << 20;
constexpr auto kTimeout = std::chrono::seconds(5);

// A socket's path has 107 bytes at most; through the directory's descriptor any path is short enough.
class Directory {
 public:
  explicit Directory(const std::filesystem::path& path) : fd_(open(path.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC)) {}
  ~Directory() {
    if (fd_ >= 0) close(fd_);
  }
  Directory(const Directory&) = delete;
  Directory& operator=(const Directory&) = delete;
  std::string SocketPath() const { return StrCat("/proc/self/fd/", fd_, "/", kName); }

 private:
  const int fd_;
};

class Conversation : public std::enable_shared_from_this<Conversation> {
 public:
  Conversation(stream_protocol::socket socket, const StatusSocket::Commands& commands)
      : socket_(std::move(socket)), timer_(socket_.get_executor()), commands_(commands) {}

  void Start() {
    timer_.expires_after(kTimeout);
    timer_.async_wait([self = shared_from_this()](const boost::system::error_code& error) {
      boost::system::error_code ignored;
      if (!error) self->socket_.close(ignored);
    });
    asio::async_read_until(socket_, request_, '\n', [self = shared_from_this()](const boost::system::error_code& error, std::size_t size) {
      if (error) return self->End();
      self->Answer({asio::buffers_begin(self->request_.data()), asio::buffers_begin(self->request_.data()) + static_cast<std::ptrdiff_t>(size)});
    });
  }

 private:
  void Answer(const std::string& line) {
    boost::system::error_code error;
    const boost::json::value request = boost::json::parse(line, error);
    const boost::json::value* command = !error && request.is_object() ? request.as_object().if_contains("command") : nullptr;
    answer_ = AnswerTo(command != nullptr && command->is_string() ? std::string_view(command->as_string().c_str()) : "");
    answer_ += '\n';
    asio::async_write(socket_, asio::buffer(answer_), [self = shared_from_this()](const boost::system::error_code&, std::size_t) { self->End(); });
  }
  std::string AnswerTo(std::string_view command) {
    if (command == "status") return commands_.status();
    if (command != "look") return R"({"error":"unknown command; known are {\"command\":\"status\"} and {\"command\":\"look\"}"})";
    commands_.look();
    return kLooking;
  }
  void End() { timer_.cancel(); }

  stream_protocol::socket socket_;
  asio::steady_timer timer_;
  const StatusSocket::Commands& commands_;
  asio::streambuf request_{kRequestBytesMax};
  std::string answer_;
};

class Listener final : public StatusSocket {
 public:
  Listener(asio::io_context& io, std::filesystem::path path, Commands commands)
      : path_(std::move(path)), commands_(std::move(commands)), acceptor_(io) {}
  ~Listener() override { unlink(path_.c_str()); }

  absl::Status Open() {
    unlink(path_.c_str());
    const Directory directory(path_.parent_path());
    boost::system::error_code error;
    const mode_t before = umask(0177);
    acceptor_.open(stream_protocol(), error);
    if (!error) acceptor_.bind(stream_protocol::endpoint(directory.SocketPath()), error);
    umask(before);
    if (!error) acceptor_.listen(asio::socket_base::max_listen_connections, error);
    if (error) return absl::UnavailableError(StrCat("cannot listen at ", path_.string(), ": ", error.message()));
    Accept();
    return absl::OkStatus();
  }

 private:
  void Accept() {
    acceptor_.async_accept([this](const boost::system::error_code& error, stream_protocol::socket socket) {
      if (error == asio::error::operation_aborted) return;
      if (!error) std::make_shared<Conversation>(std::move(socket), commands_)->Start();
      Accept();
    });
  }

  const std::filesystem::path path_;
  const Commands commands_;
  stream_protocol::acceptor acceptor_;
};

// The agent's answer, one line.
absl::StatusOr<std::string> Ask(const std::filesystem::path& state_directory, std::string_view command) {
  const std::filesystem::path path = state_directory / kName;
  asio::io_context io;
  stream_protocol::socket socket(io);
  const Directory directory(state_directory);
  boost::system::error_code error;
  socket.connect(stream_protocol::endpoint(directory.SocketPath()), error);
  if (error == boost::system::errc::permission_denied) {
    return absl::PermissionDeniedError(StrCat(path.string(), ": permission denied; ask as root or as the agent's user"));
  }
  if (error) return absl::NotFoundError(StrCat("no agent runs with the state directory ", state_directory.string(), " (", error.message(), ")"));
  boost::system::error_code result = asio::error::would_block;
  const std::string request = StrCat("{\"command\":\"", command, "\"}\n");
  asio::streambuf answer(kAnswerBytesMax);
  asio::async_write(socket, asio::buffer(request), [&](const boost::system::error_code& written, std::size_t) {
    result = written;
    if (written) return;
    result = asio::error::would_block;
    asio::async_read_until(socket, answer, '\n', [&](const boost::system::error_code& read, std::size_t) { result = read; });
  });
  io.run_for(kTimeout);
  if (result) return absl::UnavailableError(StrCat("the agent does not answer at ", path.string()));
  std::string line(asio::buffers_begin(answer.data()), asio::buffers_end(answer.data()));
  return line.substr(0, line.find('\n'));
}

}  // namespace

absl::StatusOr<std::unique_ptr<StatusSocket>> StatusSocket::Listen(asio::io_context& io, const std::filesystem::path& state_directory,
                                                                   Commands commands) {
  auto listener = std::make_unique<Listener>(io, state_directory / kName, std::move(commands));
  if (absl::Status opened = listener->Open(); !opened.ok()) return opened;
  return listener;
}

absl::StatusOr<std::string> AskStatus(const std::filesystem::path& state_directory) { return Ask(state_directory, "status"); }

absl::Status AskToLook(const std::filesystem::path& state_directory) {
  const auto answer = Ask(state_directory, "look");
  if (!answer.ok()) return answer.status();
  if (*answer == kLooking) return absl::OkStatus();
  return absl::UnavailableError("the running agent is of an older version; restart it");
}

}  // namespace steward::agent
