#include "agent/platform/linux/tools/firewall.h"

#include <algorithm>
#include <array>
#include <optional>
#include <vector>

#include "absl/strings/str_split.h"
#include "agent/platform/linux/run_program.h"
#include "agent/platform/linux/tools/packet_filter.h"
#include "agent/platform/platform.h"
#include "base/text.h"
#include "boost/json.hpp"

namespace steward::agent {
namespace {

namespace json = boost::json;
using Rule = FilterRule;

std::string Text(const json::object& object, json::string_view key) {
  const json::value* value = object.if_contains(key);
  return value != nullptr && value->is_string() ? std::string(value->as_string()) : std::string();
}

const json::object* Inner(const json::object& object, json::string_view key) {
  const json::value* value = object.if_contains(key);
  return value == nullptr ? nullptr : value->if_object();
}

// Names of chains are unique in a table, tables in a family.
std::string ChainKey(const json::object& object, std::string_view chain) {
  return StrCat(Text(object, "family"), " ", Text(object, "table"), " ", chain);
}

// {"op":"in","left":{"ct":{"key":"state"}},"right":"new"}
bool IsDoor(const json::object& match) {
  constexpr std::array<std::string_view, 7> kKeys = {"iif",     "iifname", "iifgroup", "iiftype",
                                                     "nfproto", "l4proto", "pkttype"};
  const json::object* left = Inner(match, "left");
  if (left == nullptr) return false;
  if (const json::object* meta = Inner(*left, "meta")) {
    const bool is_inner = Text(match, "right") == "lo" && Text(match, "op") != "!=";
    return !is_inner && std::find(kKeys.begin(), kKeys.end(), Text(*meta, "key")) != kKeys.end();
  }
  const json::object* ct = Inner(*left, "ct");
  return ct != nullptr && Text(*ct, "key") == "state" && Text(match, "right") == "new";
}

void ReadStatement(json::string_view name, const json::value& value, Rule& rule) {
  const json::object* object = value.if_object();
  if (name == "accept") {
    rule.verdict = Rule::Verdict::kAccept;
  } else if (name == "drop" || name == "reject") {
    rule.verdict = Rule::Verdict::kRefuse;
  } else if ((name == "jump" || name == "goto") && object != nullptr) {
    rule.verdict = Rule::Verdict::kJump;
    rule.target = Text(*object, "target");
  } else if (name == "xt" && object != nullptr && Text(*object, "name") == "REJECT") {
    rule.verdict = Rule::Verdict::kRefuse;  // iptables' own, kept in nft's tables
  } else if (name == "match" && object != nullptr && IsDoor(*object)) {
    rule.matches = std::max(rule.matches, Rule::Matches::kDoor);
  } else if (name != "counter" && name != "log" && !(name == "xt" && object != nullptr && Text(*object, "name") == "comment")) {
    rule.matches = Rule::Matches::kSome;
  }
}

Rule ReadRule(const json::object& object) {
  Rule rule;
  const json::value* statements = object.if_contains("expr");
  if (statements == nullptr || !statements->is_array()) return rule;
  for (const json::value& statement : statements->get_array()) {
    if (!statement.is_object()) continue;
    for (const auto& [name, value] : statement.get_object()) ReadStatement(name, value, rule);
  }
  if (rule.verdict == Rule::Verdict::kJump) rule.target = ChainKey(object, rule.target);
  return rule;
}

struct InputChain {
  std::string key;
  std::string family;
  bool policy_refuses = false;
};

// The words of a line, those between quotes as one.
std::vector<std::string> Words(std::string_view line) {
  std::vector<std::string> words;
  std::string word;
  bool quoted = false;
  for (const char c : line) {
    if (c == '"') {
      quoted = !quoted;
    } else if (c == ' ' && !quoted) {
      if (!word.empty()) words.push_back(std::move(word));
      word.clear();
    } else {
      word += c;
    }
  }
  if (!word.empty()) words.push_back(std::move(word));
  return words;
}

// What follows "-A CHAIN".
Rule ReadIptablesRule(const std::vector<std::string>& words) {
  Rule rule;
  bool is_negated = false;
  std::size_t index = 2;
  while (index + 1 < words.size()) {
    const std::string& option = words[index];
    const std::string& value = words[index + 1];
    if (option == "!") {
      is_negated = true;
      ++index;
      continue;
    }
    index += 2;
    const bool is_inner = option == "-i" && value == "lo" && !is_negated;
    if (option == "-j" && value == "ACCEPT") {
      rule.verdict = Rule::Verdict::kAccept;
    } else if (option == "-j" && (value == "DROP" || value == "REJECT")) {
      rule.verdict = Rule::Verdict::kRefuse;
    } else if (option == "-j" || option == "-g") {
      rule.verdict = Rule::Verdict::kJump;
      rule.target = value;
    } else if ((option == "-i" && !is_inner) || option == "-p" || (option == "--ctstate" && value == "NEW")) {
      rule.matches = std::max(rule.matches, Rule::Matches::kDoor);
    } else if (option != "--comment" && option != "--reject-with" && option != "-m") {
      rule.matches = Rule::Matches::kSome;
    }
    is_negated = false;
  }
  return rule;
}

// Whether it refuses; nullopt: not installed, or it has no tables of that kind.
using LegacyAnswer = absl::StatusOr<std::optional<bool>>;
LegacyAnswer AskLegacy(const RootedFiles& files, std::string_view tables, std::string_view program, absl::Duration deadline) {
  // Only where the kernel's old tables are in use: asking would load them.
  std::string names;
  if (!files.ReadFile(tables, names).ok() || names.find("filter") == std::string::npos) return std::nullopt;
  absl::StatusOr<ProgramEnd> end = RunProgram({StrCat("/usr/sbin/", program, "-legacy"), "-S"}, deadline, kFileBytesMax);
  if (absl::IsNotFound(end.status())) end = RunProgram({StrCat("/usr/sbin/", program), "-S"}, deadline, kFileBytesMax);
  if (absl::IsNotFound(end.status())) return std::nullopt;
  if (!end.ok()) return end.status();
  if (end->exit_code != 0) return absl::UnavailableError(StrCat(program, " -S failed with exit code ", end->exit_code));
  return RefusesByIptables(end->output);
}

}  // namespace

absl::StatusOr<InputPolicy> InputPolicyOfNft(std::string_view text) {
  boost::system::error_code error;
  const json::value document = json::parse(json::string_view(text.data(), text.size()), error);
  const json::object* top = error ? nullptr : document.if_object();
  const json::value* entries = top == nullptr ? nullptr : top->if_contains("nftables");
  if (entries == nullptr || !entries->is_array()) return absl::InvalidArgumentError("nft: its answer is not understood");
  FilterChains chains;
  std::vector<InputChain> inputs;
  for (const json::value& entry : entries->get_array()) {
    if (!entry.is_object()) continue;
    if (const json::object* chain = Inner(entry.get_object(), "chain")) {
      const std::string key = ChainKey(*chain, Text(*chain, "name"));
      chains[key];
      if (Text(*chain, "hook") == "input" && Text(*chain, "type") == "filter") {
        inputs.push_back({key, Text(*chain, "family"), Text(*chain, "policy") == "drop"});
      }
    } else if (const json::object* rule = Inner(entry.get_object(), "rule")) {
      chains[ChainKey(*rule, Text(*rule, "chain"))].push_back(ReadRule(*rule));
    }
  }
  // A packet must pass all of them: one that refuses is enough.
  InputPolicy policy;
  for (const InputChain& input : inputs) {
    if (!Refuses(chains, input.key).value_or(input.policy_refuses)) continue;
    policy.refuses_ipv4 = policy.refuses_ipv4 || input.family == "ip" || input.family == "inet";
    policy.refuses_ipv6 = policy.refuses_ipv6 || input.family == "ip6" || input.family == "inet";
  }
  return policy;
}

bool RefusesByIptables(std::string_view rules) {
  FilterChains chains;
  bool policy_refuses = false;
  for (const absl::string_view line : absl::StrSplit(ToAbsl(rules), '\n')) {
    const std::vector<std::string> words = Words(ToStd(line));
    if (words.size() < 3) continue;
    if (words[0] == "-P" && words[1] == "INPUT") policy_refuses = words[2] == "DROP";
    if (words[0] == "-A") chains[words[1]].push_back(ReadIptablesRule(words));
  }
  return Refuses(chains, "INPUT").value_or(policy_refuses);
}

absl::StatusOr<std::string> AskFirewall(const RootedFiles& files, absl::Duration deadline) {
  InputPolicy policy;
  const absl::StatusOr<ProgramEnd> nft = RunProgram({"/usr/sbin/nft", "-j", "list", "ruleset"}, deadline, kFileBytesMax);
  if (nft.ok() && nft->exit_code != 0) return absl::UnavailableError(StrCat("nft failed with exit code ", nft->exit_code));
  if (nft.ok()) {
    const absl::StatusOr<InputPolicy> read = InputPolicyOfNft(nft->output);
    if (!read.ok()) return read.status();
    policy = *read;
  } else if (!absl::IsNotFound(nft.status())) {
    return nft.status();
  }
  const auto ipv4 = policy.refuses_ipv4 ? LegacyAnswer(true) : AskLegacy(files, "/proc/net/ip_tables_names", "iptables", deadline);
  if (!ipv4.ok()) return ipv4.status();
  const auto ipv6 = policy.refuses_ipv6 ? LegacyAnswer(true) : AskLegacy(files, "/proc/net/ip6_tables_names", "ip6tables", deadline);
  if (!ipv6.ok()) return ipv6.status();
  if (!nft.ok() && !ipv4->has_value() && !ipv6->has_value()) {
    return absl::NotFoundError("no firewall: nft is not installed, and iptables has no table");
  }
  policy = {ipv4->value_or(false), ipv6->value_or(false)};
  return StrCat("ipv4 ", policy.refuses_ipv4 ? "refuse" : "accept", "\nipv6 ", policy.refuses_ipv6 ? "refuse" : "accept",
                "\n");
}

}  // namespace steward::agent
