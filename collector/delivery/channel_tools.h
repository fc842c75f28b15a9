// What channels are made of. All of it outlives them.
#pragma once

#include "base/clock.h"
#include "boost/asio/any_io_executor.hpp"
#include "collector/delivery/http_client.h"
#include "collector/delivery/message_text.h"

namespace steward::collector {

struct ChannelTools {
  boost::asio::any_io_executor executor;  // the delivery thread, where `http` works
  HttpClient& http;
  Clock& clock;
  TextSettings text;
};

}  // namespace steward::collector
