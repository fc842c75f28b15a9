// Requests as Beast has read them, to every page and method, by every kind of asker: header fields, paths, JSON and binary
// bodies. Whatever comes, there is one reply with a sensible status, and a stranger gets no data.
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string_view>

#include "boost/asio/buffer.hpp"
#include "boost/beast/http/parser.hpp"
#include "spdlog/spdlog.h"
#include "tests/support/api_rig.h"

namespace steward::collector {
namespace {

struct World {
  World() {
    spdlog::set_level(spdlog::level::off);
    rig.AddMachine(ObservedMachine::Record("srv-file", "11111111-1111-4111-8111-111111111111"));
  }
  ApiRig rig;
  HttpRouter router{rig.Parts()};
};

void Require(bool condition) {
  if (!condition) std::abort();
}

void One(World& world, const HttpRequest& request, const HttpPeer& peer) {
  std::optional<HttpReply> reply;
  world.router.Handle(request, peer, [&](HttpReply answer) {
    Require(!reply.has_value());
    reply = std::move(answer);
  });
  world.rig.core.restart();
  world.rig.core.poll();
  Require(reply.has_value());
  Require(reply->status >= 200 && reply->status < 600);
  std::string text;
  while (reply->source != nullptr && reply->source->Next(text)) {
    text.clear();
  }
  const bool stranger = !peer.local_socket && !peer.loopback;
  if (stranger && reply->status == 200) {
    const std::string_view target(request.target().data(), request.target().size());
    Require(target.find("/-/") != std::string_view::npos);
  }
}

}  // namespace
}  // namespace steward::collector

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace steward::collector;
  static World world;
  boost::beast::http::request_parser<boost::beast::http::string_body> parser;
  parser.eager(true);
  boost::system::error_code error;
  parser.put(boost::asio::buffer(data, size), error);
  if (error || !parser.is_done()) return 0;
  const HttpRequest request = parser.release();
  One(world, request, {.loopback = true});
  One(world, request, {.tls = true});
  One(world, request, {.local_socket = true, .user = 0});
  return 0;
}
