// Each machine is told what concerns it.
#include "collector/policy/agent_policy.h"

#include "gtest/gtest.h"

namespace steward::collector {
namespace {

std::string EndpointsOf(const AgentsConfig& agents, const MachineRecord& machine) {
  std::string names;
  const v1::Policy policy = PolicyFor(agents, machine);
  for (const v1::Endpoint& endpoint : policy.endpoints()) names += endpoint.name() + " ";
  return names;
}

TEST(AgentPolicyTest, EndpointsGoToTheMachinesThatShallLook) {
  AgentsConfig agents;
  agents.endpoints = {{.name = "default", .url = "tcp://a:1"},
                      {.name = "desks", .url = "tcp://a:1", .from = {"class:desktop", "class:laptop"}},
                      {.name = "one", .url = "tcp://a:1", .from = {"machine:srv-file", "machine:0011"}},
                      {.name = "nobody", .url = "tcp://a:1", .from = {}}};
  MachineRecord machine;
  machine.id = "4455";
  machine.host_name = "srv-file";
  machine.instance = "srv-file-4455";
  machine.machine_class = "server";
  EXPECT_EQ(EndpointsOf(agents, machine), "default one ");
  machine.host_name = "pc1";
  machine.machine_class = "laptop";
  EXPECT_EQ(EndpointsOf(agents, machine), "desks ");
  machine.id = "0011";
  EXPECT_EQ(EndpointsOf(agents, machine), "desks one ");
}

TEST(AgentPolicyTest, WhatAnEndpointIsForGoesWithIt) {
  AgentsConfig agents;
  agents.endpoints = {{.name = "orders", .url = "http://a/", .vital = true, .contains = "open"},
                      {.name = "line", .url = "icmp://b", .purpose = "link"}};
  MachineRecord machine;
  machine.machine_class = "server";
  const v1::Policy policy = PolicyFor(agents, machine);
  EXPECT_EQ(policy.endpoints(0).purpose(), "vital");
  EXPECT_EQ(policy.endpoints(0).contains(), "open");
  EXPECT_EQ(policy.endpoints(1).purpose(), "link");
}

}  // namespace
}  // namespace steward::collector
