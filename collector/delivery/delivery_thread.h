// The thread on which channels and heartbeats work, with its HTTP client.
#pragma once

#include <memory>
#include <thread>

#include "boost/asio/executor_work_guard.hpp"
#include "boost/asio/io_context.hpp"
#include "collector/delivery/http_client.h"

namespace steward::collector {

class DeliveryThread {
 public:
  DeliveryThread() : work_(io_.get_executor()), http_(io_.get_executor()), thread_([this] { io_.run(); }) {}
  ~DeliveryThread() { Stop(); }
  DeliveryThread(const DeliveryThread&) = delete;
  DeliveryThread& operator=(const DeliveryThread&) = delete;

  boost::asio::any_io_executor executor() { return io_.get_executor(); }
  HttpClient& http() { return http_; }

  // Drops what is under way and waits for the thread: afterwards what works on it may be destroyed anywhere.
  void Stop() {
    io_.stop();
    if (thread_.joinable()) thread_.join();
  }

 private:
  boost::asio::io_context io_{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
  HttpClient http_;
  std::thread thread_;
};

}  // namespace steward::collector
