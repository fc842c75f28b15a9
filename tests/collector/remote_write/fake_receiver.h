// A receiver of remote write in the place of the HTTP client: reads each request as Prometheus does, answers when told.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "collector/delivery/http_client.h"
#include "collector/remote_write/write_request.h"
#include "gtest/gtest.h"
#include "prometheus/remote_write.pb.h"
#include "snappy.h"

namespace steward::collector {

class FakeReceiver {
 public:
  // For RemoteWriteTarget::Parts.
  void Take(HttpCall call, std::function<void(HttpAnswer)> done) {
    std::string plain;
    EXPECT_TRUE(snappy::Uncompress(call.body.data(), call.body.size(), &plain));
    ::prometheus::WriteRequest request;
    EXPECT_TRUE(request.ParseFromString(plain));
    requests.push_back(std::move(request));
    calls.push_back(std::move(call));
    under_way.push_back(std::move(done));
  }

  void Answer(long status, const std::string& body = "", std::optional<absl::Duration> retry_after = std::nullopt) {
    HttpAnswer answer;
    answer.status = status;
    answer.body = body;
    answer.retry_after = retry_after;
    Answer(answer);
  }
  void Answer(const HttpAnswer& answer) {
    ASSERT_FALSE(under_way.empty());
    auto done = std::move(under_way.front());
    under_way.pop_front();
    done(answer);
  }

  // "metric{machine} time=value" of each sample of a request, "ended" for a staleness marker.
  static std::vector<std::string> Samples(const ::prometheus::WriteRequest& request) {
    std::vector<std::string> samples;
    for (const ::prometheus::TimeSeries& series : request.timeseries()) {
      std::map<std::string, std::string> labels;
      for (const ::prometheus::Label& label : series.labels()) labels[label.name()] = label.value();
      for (const ::prometheus::Sample& sample : series.samples()) {
        std::string value =
            IsStalenessMarker(sample.value()) ? "ended" : std::to_string(static_cast<long>(sample.value()));
        samples.push_back(labels["__name__"] + "{" + labels["instance"] + "} " +
                          std::to_string(sample.timestamp() / 1000) + "=" + value);
      }
    }
    return samples;
  }

  std::vector<HttpCall> calls;
  std::vector<::prometheus::WriteRequest> requests;
  std::deque<std::function<void(HttpAnswer)>> under_way;
};

}  // namespace steward::collector
