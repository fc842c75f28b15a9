// Feeds the workload to a receiver of Prometheus remote write as fast as it answers, and prints what was sent as JSON.
// Ten machines a request: larger ones than the collector's messages, to the receiver's advantage. ingest_workload.py
// starts the receivers and measures them.
//
// usage: bench-remote-write-load PORT [HOSTS [CYCLES]]     (on 127.0.0.1; ends when its input does)
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <stdexcept>
#include <string>
#include <vector>

#include "absl/time/clock.h"
#include "boost/asio/io_context.hpp"
#include "boost/asio/ip/tcp.hpp"
#include "boost/beast/core/flat_buffer.hpp"
#include "boost/beast/core/tcp_stream.hpp"
#include "boost/beast/http.hpp"
#include "collector/remote_write/write_request.h"
#include "tests/bench/workload_series.h"

namespace steward::bench {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;

constexpr int kHostsPerRequest = 10;

class Receiver {
 public:
  explicit Receiver(std::uint16_t port) { stream_.connect({asio::ip::address_v4::loopback(), port}); }

  // Throws if it was not taken.
  void Write(const std::string& request) {
    http::request<http::string_body> message(http::verb::post, "/api/v1/write", 11);
    message.set(http::field::host, "127.0.0.1");
    message.set(http::field::content_type, "application/x-protobuf");
    message.set(http::field::content_encoding, "snappy");
    message.set("X-Prometheus-Remote-Write-Version", "0.1.0");
    message.body() = collector::SnappyCompressed(request);
    message.prepare_payload();
    http::write(stream_, message);
    http::response<http::string_body> answer;
    http::read(stream_, buffer_, answer);
    if (answer.result_int() / 100 != 2) throw std::runtime_error("a write was refused: " + answer.body());
  }

 private:
  asio::io_context context_;
  boost::beast::tcp_stream stream_{context_};
  boost::beast::flat_buffer buffer_;
};

// By host, then by series, as the request wants them.
std::vector<std::string> AllLabels(const wl::Workload& workload) {
  std::vector<std::string> all;
  for (int host = 0; host < workload.hosts(); ++host) {
    for (int series = 0; series < wl::Workload::N; ++series) {
      std::string& labels = all.emplace_back();
      for (const auto& [name, value] : workload.labels(host, series)) collector::AppendLabelField(name, value, labels);
    }
  }
  return all;
}

void Feed(Receiver& receiver, int hosts, int cycles) {
  wl::Workload workload(hosts, 1, kWorkloadIntervalMs / 1000);
  const std::vector<std::string> labels = AllLabels(workload);
  const std::int64_t begin = absl::ToUnixMillis(absl::Now()) - cycles * kWorkloadIntervalMs;
  double values[wl::Workload::N];
  std::string request;
  for (int cycle = 0; cycle < cycles; ++cycle) {
    for (int host = 0; host < hosts; ++host) {
      workload.step(host, cycle, values);
      collector::WritePoint point{begin + cycle * kWorkloadIntervalMs + host * 7919 % kWorkloadIntervalMs, 0};
      for (int series = 0; series < wl::Workload::N; ++series) {
        point.value = values[series];
        collector::AppendSeriesField(labels[static_cast<std::size_t>(host * wl::Workload::N + series)], {&point, 1},
                                     request);
      }
      if ((host + 1) % kHostsPerRequest != 0 && host + 1 != hosts) continue;
      receiver.Write(request);
      request.clear();
    }
  }
}

void Run(int argc, char** argv) {
  if (argc < 2 || argc > 4) throw std::runtime_error("usage: bench-remote-write-load PORT [HOSTS [CYCLES]]");
  Receiver receiver(static_cast<std::uint16_t>(std::atoi(argv[1])));
  const int hosts = argc > 2 ? std::atoi(argv[2]) : kWorkloadHosts;
  const int cycles = argc > 3 ? std::atoi(argv[3]) : kWorkloadCycles;
  std::fprintf(stderr, "connected\n");
  Feed(receiver, hosts, cycles);
  std::printf("{\"samples\": %.0f}\n", static_cast<double>(hosts) * cycles * wl::Workload::N);
  std::fflush(stdout);
  std::getchar();  // the connection stays for as long as somebody looks at it
}

}  // namespace
}  // namespace steward::bench

int main(int argc, char** argv) {
  try {
    steward::bench::Run(argc, argv);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "bench-remote-write-load: %s\n", error.what());
    return 1;
  }
  return 0;
}
