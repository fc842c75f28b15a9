// What is known of whether a machine and its agent are there, on the collector's clock. Pure: probing and timers are elsewhere.
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "absl/time/time.h"
#include "collector/storage/records.h"
#include "steward/v1/uplink.pb.h"

namespace steward::collector {

// What a look at the machine's address said.
enum class Reach : std::uint8_t {
  kAnswered,  // something at the address answered
  kSilent,    // nothing did
  kUnknown,   // the address does not tell this machine from others, or there is none
};

// How the machine announced that it would be away.
enum class Farewell : std::uint8_t { kNone, kAgentStopped, kMachineStopping, kSuspending };

struct PresenceTimes {
  absl::Duration silence = absl::Seconds(60);     // no stream or no batch: from then on the machine is looked for
  absl::Duration look_step = absl::Seconds(10);   // between two looks; each is given up after half of it
  int looks = 3;                                  // as many without an answer mean offline
  absl::Duration clean_stop = absl::Minutes(10);  // a machine that said good-bye is looked for only after this
};

class Presence {
 public:
  static constexpr absl::Duration kLookAgainServer = absl::Minutes(1);
  static constexpr absl::Duration kLookAgainWorkstation = absl::Minutes(5);
  static constexpr int kHeartbeatsBack = 3;       // that many batches in kBackWithin mean it is back
  static constexpr absl::Duration kBackWithin = absl::Minutes(2);

  // `judged_from`: silence before it is nobody's fault (the collector was down). `last_seen` may be InfinitePast: never.
  Presence(absl::Time last_seen, absl::Time judged_from) : last_seen_(last_seen), judged_from_(judged_from) {}

  void OnConnected(absl::Time now);
  void OnDisconnected(absl::Time now);
  // `live`: the batch is not a late one.
  void OnBatch(absl::Time now, bool live);
  void OnEvent(v1::MachineEvent::Kind kind, absl::Time now);
  // The answer to the look that was asked for; ignored if the machine was heard of meanwhile.
  void OnLook(Reach reach, absl::Time now);

  // True: look at the machine now, and say by OnLook what came of it. Never while a look is under way.
  bool WantsLook(const MachineRecord& machine, absl::Time now, const PresenceTimes& times);

  bool ever_seen() const { return last_seen_ != absl::InfinitePast(); }
  bool connected() const { return connected_; }
  Farewell farewell() const { return farewell_; }
  absl::Time last_seen() const { return last_seen_; }
  // Since when there has been no batch, or no stream; InfiniteFuture while all is well. An announced absence and the
  // collector's own start push it back.
  absl::Time SilentSince(const MachineRecord& machine, absl::Time now, const PresenceTimes& times) const;
  // Of the present silence.
  int silent_looks() const { return silent_looks_; }
  bool alive() const { return last_answer_ != absl::InfinitePast(); }     // the last look was answered
  absl::Time last_answer() const { return last_answer_; }
  bool unknown() const { return unknown_; }                                // looks cannot tell
  // kHeartbeatsBack live batches within kBackWithin (or as many intervals).
  bool IsBack(const MachineRecord& machine, absl::Time now) const;

 private:
  void SignOfLife(absl::Time now);

  absl::Time last_seen_;    // a batch or a connection
  absl::Time judged_from_;
  bool connected_ = false;
  absl::Time disconnected_ = absl::InfinitePast();
  Farewell farewell_ = Farewell::kNone;
  absl::Time farewell_time_ = absl::InfinitePast();
  std::array<absl::Time, kHeartbeatsBack> batches_ = {absl::InfinitePast(), absl::InfinitePast(), absl::InfinitePast()};
  bool look_under_way_ = false;
  absl::Time look_started_ = absl::InfinitePast();
  absl::Duration look_step_, look_again_;  // as they were when the look was asked for
  int looks_wanted_ = 3;
  absl::Time next_look_ = absl::InfinitePast();
  int silent_looks_ = 0;
  absl::Time last_answer_ = absl::InfinitePast();
  bool unknown_ = false;
};

}  // namespace steward::collector
