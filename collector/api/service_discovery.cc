#include "collector/api/service_discovery.h"

#include "boost/json/array.hpp"
#include "boost/json/object.hpp"
#include "boost/json/serialize.hpp"

namespace steward::collector {

std::string ServiceDiscoveryJson(absl::Span<const MachineStatus> machines, std::string_view host,
                                 std::string_view scheme) {
  boost::json::array groups;
  for (const MachineStatus& machine : machines) {
    const MachineRecord& record = *machine.record;
    boost::json::object labels;
    labels["instance"] = record.instance;
    labels["machine"] = record.id;
    labels["site"] = record.site;
    labels["class"] = record.machine_class;
    labels["job"] = "node";
    labels["__metrics_path__"] = "/metrics/machines/" + record.id;
    labels["__scheme__"] = scheme;
    boost::json::object group;
    group["targets"] = boost::json::array{boost::json::string(host)};
    group["labels"] = std::move(labels);
    groups.push_back(std::move(group));
  }
  return boost::json::serialize(groups);
}

}  // namespace steward::collector
