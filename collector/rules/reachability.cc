#include "collector/rules/reachability.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <deque>
#include <utility>
#include <vector>

#include "boost/asio/ip/address.hpp"
#include "boost/asio/ip/icmp.hpp"
#include "boost/asio/ip/tcp.hpp"
#include "boost/asio/post.hpp"
#include "collector/rules/neighbours.h"

namespace steward::collector {
namespace {

namespace asio = boost::asio;
using asio::ip::icmp;
using asio::ip::tcp;

// Ports that are open or refused on most servers and workstations: SSH, HTTPS, SMB, RDP.
constexpr std::array<std::uint16_t, 4> kPorts = {22, 443, 445, 3389};
constexpr std::size_t kUnderWayMax = 64;  // looks; the others wait, so that descriptors stay bounded
constexpr double kNeighbourWindow = 1.5;  // deadlines before the look, in which a neighbour's proof counts too

// "Refused" is the machine's own word.
bool IsAnswer(const boost::system::error_code& error) {
  return !error || error == asio::error::connection_refused || error == asio::error::connection_reset;
}

// Echo request for both families: type, code 0, checksum, identifier, sequence.
std::array<std::uint8_t, 8> EchoRequest(bool v4) {
  std::array<std::uint8_t, 8> packet = {static_cast<std::uint8_t>(v4 ? 8 : 128), 0, 0, 0, 0x53, 0x77, 0, 1};
  if (!v4) return packet;  // the kernel does it
  std::uint32_t sum = 0;
  for (std::size_t i = 0; i < packet.size(); i += 2) sum += static_cast<std::uint32_t>(packet[i] << 8 | packet[i + 1]);
  sum = (sum >> 16) + (sum & 0xffff);
  packet[2] = static_cast<std::uint8_t>(~sum >> 8);
  packet[3] = static_cast<std::uint8_t>(~sum);
  return packet;
}

// One look at one address. Keeps itself alive by its handlers until it is done.
class OneLook : public std::enable_shared_from_this<OneLook> {
 public:
  OneLook(asio::any_io_executor executor, Clock& clock, asio::ip::address address, absl::Duration deadline,
          std::function<void(Reach)> done)
      : executor_(std::move(executor)),
        clock_(clock),
        address_(std::move(address)),
        deadline_(deadline),
        done_(std::move(done)),
        timer_(clock.NewTimer(executor_)) {}

  void Start() {
    started_ = clock_.BootNow();
    timer_->Start(deadline_, [self = shared_from_this()] { self->OnDeadline(); });
    bool any = false;
    for (const std::uint16_t port : kPorts) any = Connect(port) || any;
    any = Ping() || any;
    if (!any) Finish(Reach::kUnknown);  // no descriptor left: this says nothing of the machine
  }

  void Finish(Reach reach) {
    if (!done_) return;
    timer_->Cancel();
    for (tcp::socket& socket : sockets_) Close(socket);
    if (ping_) Close(*ping_);
    // Posted: `done` is never called from within Look, and this object may end with it.
    asio::post(executor_, [done = std::exchange(done_, nullptr), reach] { done(reach); });
  }

 private:
  template <typename Socket>
  static void Close(Socket& socket) {
    boost::system::error_code ignored;
    socket.close(ignored);
  }

  bool Connect(std::uint16_t port) {
    tcp::socket& socket = sockets_.emplace_back(executor_);
    boost::system::error_code error;
    socket.open(address_.is_v4() ? tcp::v4() : tcp::v6(), error);
    if (error) return false;
    socket.async_connect({address_, port}, [self = shared_from_this()](const boost::system::error_code& answer) {
      if (IsAnswer(answer)) self->Finish(Reach::kAnswered);
    });
    return true;
  }

  bool Ping() {
    const bool v4 = address_.is_v4();
    const int family = v4 ? AF_INET : AF_INET6;
    const int protocol = v4 ? int{IPPROTO_ICMP} : int{IPPROTO_ICMPV6};
    int fd = socket(family, SOCK_DGRAM | SOCK_CLOEXEC, protocol);
    raw_ = fd < 0;
    if (raw_) fd = socket(family, SOCK_RAW | SOCK_CLOEXEC, protocol);
    if (fd < 0) return false;  // not permitted here; TCP and the neighbour table have to do
    boost::system::error_code error;
    ping_.emplace(executor_);
    ping_->assign(v4 ? icmp::v4() : icmp::v6(), fd, error);
    if (error) {
      close(fd);
      return false;
    }
    ping_->non_blocking(true, error);
    const std::array<std::uint8_t, 8> packet = EchoRequest(v4);
    ping_->send_to(asio::buffer(packet), {address_, 0}, 0, error);
    if (error) return false;
    ReceivePing();
    return true;
  }

  void ReceivePing() {
    ping_->async_receive_from(asio::buffer(reply_), sender_,
                              [self = shared_from_this()](const boost::system::error_code& error, std::size_t size) {
                                if (error || !self->done_) return;
                                if (self->IsEchoReply(size)) self->Finish(Reach::kAnswered);
                                else self->ReceivePing();
                              });
  }

  // A raw socket sees every ICMP message of this host.
  bool IsEchoReply(std::size_t size) const {
    if (sender_.address() != address_) return false;
    const bool v4 = address_.is_v4();
    const std::size_t head = raw_ && v4 && size > 0 ? (reply_[0] & 0x0fU) * 4U : 0;
    return size >= head + 8 && reply_[head] == (v4 ? 0 : 129);
  }

  void OnDeadline() {
    const auto ago = NeighbourConfirmedAgo(address_);
    const absl::Duration window = clock_.BootNow() - started_ + kNeighbourWindow * deadline_;
    Finish(ago && *ago <= window ? Reach::kAnswered : Reach::kSilent);
  }

  asio::any_io_executor executor_;
  Clock& clock_;
  asio::ip::address address_;
  absl::Duration deadline_;
  std::function<void(Reach)> done_;
  std::unique_ptr<Timer> timer_;
  absl::Duration started_;
  std::deque<tcp::socket> sockets_;
  std::optional<icmp::socket> ping_;
  bool raw_ = false;
  icmp::endpoint sender_;
  std::array<std::uint8_t, 128> reply_{};
};

class AsioReachability final : public Reachability {
 public:
  AsioReachability(asio::any_io_executor executor, Clock& clock) : executor_(std::move(executor)), clock_(clock) {}
  ~AsioReachability() override {
    *alive_ = false;
    for (const auto& weak : under_way_) {
      if (const auto look = weak.lock()) look->Finish(Reach::kUnknown);
    }
  }

  void Look(const std::string& address, absl::Duration deadline, std::function<void(Reach)> done) override {
    boost::system::error_code error;
    asio::ip::address parsed = asio::ip::make_address(address, error);
    if (!error && parsed.is_v6() && parsed.to_v6().is_v4_mapped()) {
      parsed = asio::ip::make_address_v4(asio::ip::v4_mapped, parsed.to_v6());
    }
    auto answer = [this, alive = std::weak_ptr(alive_), done = std::move(done)](Reach reach) {
      const auto still = alive.lock();
      if (!still || !*still) return;
      done(reach);
      OnDone();
    };
    if (error) {
      ++running_;
      asio::post(executor_, [answer] { answer(Reach::kUnknown); });
      return;
    }
    waiting_.push_back(std::make_shared<OneLook>(executor_, clock_, parsed, deadline, std::move(answer)));
    StartNext();
  }

 private:
  void OnDone() {
    --running_;
    std::erase_if(under_way_, [](const auto& look) { return look.expired(); });
    StartNext();
  }

  void StartNext() {
    while (running_ < kUnderWayMax && !waiting_.empty()) {
      const std::shared_ptr<OneLook> look = std::move(waiting_.front());
      waiting_.pop_front();
      ++running_;
      under_way_.push_back(look);
      look->Start();
    }
  }

  asio::any_io_executor executor_;
  Clock& clock_;
  std::deque<std::shared_ptr<OneLook>> waiting_;
  std::vector<std::weak_ptr<OneLook>> under_way_;
  std::size_t running_ = 0;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace

std::unique_ptr<Reachability> NewReachability(asio::any_io_executor executor, Clock& clock) {
  return std::make_unique<AsioReachability>(std::move(executor), clock);
}

}  // namespace steward::collector
