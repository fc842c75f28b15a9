// Keeps the agent connected to its collector and its spool flowing there. One object a machine; all calls and callbacks on
// one executor.
//
// How long a cut lasts after the network is back:
// - A dead link is noticed within 10 s where something was sent (TCP's user timeout), within 30 s where nothing was (a ping
//   after 20 s, 10 s for its answer). A shorter cut is TCP's to mend.
// - Addresses are tried in order, each for 10 s, the first word of the collector awaited for 30 s. After the last one it
//   waits: from 1 s doubling to 60 s, of which a random half is left out, so that a thousand agents do not come at once.
// - While it waits it looks for changes of the machine's own network, and tries again 0.2 to 2 s after one, from the short
//   pause on: a cut of this machine costs seconds, however long it was. At most one such change in 10 s counts.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "agent/platform/network_watch.h"
#include "agent/spool/spool.h"
#include "agent/uplink/session.h"
#include "agent/uplink/stream.h"
#include "base/clock.h"
#include "steward/v1/enrollment.pb.h"
#include "steward/v1/uplink.pb.h"

namespace steward::agent {

struct UplinkSettings {
  std::vector<std::string> addresses;  // host:port, at least one
  std::string proxy;                   // host:port; empty: none
  std::string machine_id;
  std::string ca_pem;
  std::string certificate_pem;
  std::string key_pem;
  std::string agent_version;
  v1::MachineIdentity machine;
  std::string boot_id;
  absl::Duration backoff_min = absl::Seconds(1);
  absl::Duration backoff_max = absl::Seconds(60);
  absl::Duration welcome_timeout = absl::Seconds(30);  // from the attempt to the Welcome
  std::string log_name = "uplink";                     // before each of its log lines
};

// Each may be empty.
struct UplinkCallbacks {
  std::function<void(const v1::Policy&)> policy;
  // Durable at the collector: may repeat, may name sequences acknowledged before.
  std::function<void(std::uint64_t epoch, std::uint64_t first, std::uint64_t last)> acknowledged;
  std::function<void(std::uint64_t epoch, const v1::Refusal&)> refused;
  // The collector ended several streams over what this epoch holds, without taking anything of it. It stays in the spool
  // and is tried again in an hour, so that it does not hold up the rest; if it is the running one, start another.
  std::function<void(std::uint64_t epoch)> passed_over;
  // The collector has other batches under the running epoch, as after a virtual machine was set back: start another one.
  std::function<void()> rolled_back;
  // Stores the renewed pair; what it returns is logged. The uplink uses it from the next connection on if OK.
  std::function<absl::Status(const std::string& key_pem, const std::string& certificate_pem)> renewed;
};

struct UplinkParts {
  boost::asio::any_io_executor executor;
  Clock& clock;
  Spool& spool;
  UplinkConnector& connector;
  std::uint64_t seed = 0;  // for the jitter
  // As WatchNetwork with its executor given; empty: changes of the network are not noticed.
  std::function<std::unique_ptr<NetworkWatch>(std::function<void()> changed)> watch_network = {};
};

struct UplinkStatus {
  bool connected = false;              // welcomed
  std::string address;                 // of the connection, or of the last attempt
  std::string reason;                  // why not connected, in words; empty when connected or not tried yet
  absl::Time since = absl::InfinitePast();             // of `connected`'s last change
  absl::Time acknowledged_time = absl::InfinitePast();  // of the last acknowledgement
  std::uint64_t acknowledged_epoch = 0;
  std::uint64_t acknowledged_sequence = 0;
  std::uint64_t connections = 0;       // welcomed ones since the start
  std::uint64_t refused_batches = 0;
  std::string refusal;                 // what the collector said to the last of them
  std::string collector_version;
};

class Uplink final : private SessionOwner {
 public:
  Uplink(UplinkSettings settings, UplinkParts parts, UplinkCallbacks callbacks);
  ~Uplink() override;  // as Stop

  void Start();
  void Stop();  // cancels; nothing is called back any more
  // Call after each Append to the spool.
  void Appended();
  void SetInventory(InventoryOffer offer);
  const UplinkStatus& status() const { return status_; }

 private:
  void Attempt();
  void Retry(const absl::Status& reason);
  void NetworkChanged();
  void SetReason(const absl::Status& status);
  void NoteEpochTrouble(const absl::Status& status);

  void OnWelcome(const v1::Welcome& welcome) override;
  void OnPolicy(const v1::Policy& policy) override;
  void OnAcknowledged(std::uint64_t epoch, std::uint64_t first, std::uint64_t last) override;
  void OnRefused(std::uint64_t epoch, const v1::Refusal& refusal) override;
  void OnRolledBack() override;
  void OnInventoryAcknowledged(const std::string& digest) override;
  void OnRenewal(const std::string& key_pem, const v1::RenewResponse& response) override;
  void OnSessionEnded(const absl::Status& status) override;

  UplinkSettings settings_;
  const UplinkParts parts_;
  const UplinkCallbacks callbacks_;
  std::mt19937_64 random_;
  std::unique_ptr<Timer> timer_;            // the pause before an attempt, or the wait for the Welcome
  std::unique_ptr<UplinkSession> session_;
  std::size_t next_address_ = 0;
  int failed_rounds_ = 0;
  std::unique_ptr<NetworkWatch> network_;   // while not connected
  bool pausing_ = false;                    // between attempts
  absl::Duration hurried_boot_ = -absl::InfiniteDuration();
  absl::Duration welcomed_boot_;
  std::uint64_t troubled_epoch_ = 0;        // the last streams ended over it, so many in a row
  int troubled_times_ = 0;
  std::map<std::uint64_t, absl::Duration> passed_over_;  // epoch, until this boot time
  InventoryOffer inventory_;
  std::string logged_reason_;
  std::string logged_refusal_;
  UplinkStatus status_;
};

}  // namespace steward::agent
