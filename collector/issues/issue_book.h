// All issues and what the rules said of them: takes findings, gives changes. Pure: no clock, no storage, no thread.
// The same findings in the same order give the same changes, ids and keys included.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "collector/issues/actor.h"
#include "collector/issues/first_weeks.h"
#include "collector/issues/flap_damping.h"
#include "collector/issues/issue_action.h"
#include "collector/issues/level_latch.h"
#include "collector/issues/lifecycle.h"
#include "collector/issues/parents.h"
#include "collector/issues/service_level.h"
#include "collector/issues/window_book.h"
#include "collector/rules/rule.h"
#include "collector/storage/records.h"

namespace steward::collector {

// What has to be stored, in one transaction, and told.
struct EscalationStep;

struct IssueChange {
  IssueRecord record;
  std::optional<IssueEventRecord> event;  // none: only what the engine remembers has changed
  std::string notify;                     // opened, updated, resolved; empty: nobody is told
  Severity reach = Severity::kNone;       // the worst severity of this episode: who heard of it hears of its end
  std::vector<std::string> parties = {};  // who hears of it besides, or again: an escalation; empty: whose move it is
};

// Whose move this issue is, given whose its rule says it is.
using PartyFor = std::function<std::string(const v1::Issue& issue, std::string_view by_rule)>;

class IssueBook {
 public:
  // A gap longer than this many intervals counts as no more than them (of long times as more: LevelLatch).
  static constexpr int kGapIntervals = 3;
  // Progress of raise and clear times is stored at least this often; a crash costs no more of it.
  static constexpr absl::Duration kCheckpoint = absl::Seconds(60);
  // Without a judgement for this long, or kGapIntervals if that is more, an issue is stale.
  static constexpr absl::Duration kStaleAfter = absl::Minutes(15);
  // Evidence of an issue that does not change is stored anew this often.
  static constexpr absl::Duration kEvidenceStored = absl::Minutes(5);

  // By which clocks are counted; without them by the catalogue's, in office hours of UTC. Before anything else.
  void UseTerms(TermsOf terms_of) { terms_of_ = std::move(terms_of); }

  // Whose move an issue is when it opens; without it that is what its rule says.
  void UseParties(PartyFor party_for) { party_for_ = std::move(party_for); }
  // Which conditions are held back as initial findings; without terms none are.
  FirstWeeks& first_weeks() { return first_weeks_; }
  // What a machine needs of others; without it nothing is known.
  using LinksOf = std::function<std::vector<MachineLink>(std::string_view machine_id)>;
  void UseLinks(LinksOf links_of) { links_of_ = std::move(links_of); }
  // What a machine's inventory says; empty: nothing of that name. Without it nothing is known.
  using FactOf = std::function<std::string(std::string_view machine_id, const FactName& fact)>;
  void UseFacts(FactOf fact_of) { fact_of_ = std::move(fact_of); }
  // Which windows there are; without a book there are none. It outlives this.
  void UseWindows(WindowBook& windows) { windows_ = &windows; }

  // Takes what was stored.
  void Load(const std::vector<IssueRecord>& records);

  // `now` is the collector's clock. Changes are appended to `out`.
  void Apply(const MachineRecord& machine, const Rule& rule, const Finding& finding, absl::Time now,
             std::vector<IssueChange>& out);
  // What a person does; `request.id` is the whole id. Returns the issue as it is then. An error changes nothing: NotFound
  // (closed ones are not known any more), and those of TakeAction.
  absl::StatusOr<v1::Issue> Act(const v1::ActOnIssueRequest& request, const Actor& actor, absl::Time now,
                                std::vector<IssueChange>& out);
  // What a person reports of a machine, or of a site if `machine` is null. InvalidArgument says what is missing.
  absl::StatusOr<v1::Issue> Create(const v1::CreateIssueRequest& request, const MachineRecord* machine, const Actor& actor,
                                   absl::Time now, std::vector<IssueChange>& out);
  // A marked practice issue of the rule's type; ends by itself after kDrillTime. AlreadyExists: one is under way.
  static constexpr absl::Duration kDrillTime = absl::Hours(24);
  static constexpr Severity kDrillSeverity = Severity::kHigh;
  absl::StatusOr<v1::Issue> Drill(const Rule& rule, const MachineRecord& machine, const Actor& actor, absl::Time now,
                                  std::vector<IssueChange>& out);
  void EndDrills(absl::Time now, std::vector<IssueChange>& out);
  // Initial findings become issues like others, or are accepted: all that are asked for, or with an error none. InvalidArgument:
  // neither type nor site; NotFound: there are none; those of TakeAction.
  absl::StatusOr<std::vector<v1::Issue>> ReleaseFindings(const v1::ReleaseFindingsRequest& request, const Actor& actor,
                                                         absl::Time now, std::vector<IssueChange>& out);
  // One report a site of the findings that it holds: opened kGatherFindings after the first of them, told again when more have
  // joined, at most that often.
  static constexpr absl::Duration kGatherFindings = absl::Hours(24);
  void ReportFindings(absl::Time now, std::vector<IssueChange>& out);
  // Wakes what waits, is snoozed or accepted until a date that has come.
  void KeepDates(absl::Time now, std::vector<IssueChange>& out);
  // Tells that a clock runs out, by the steps of escalation.h, and again what nobody takes (urgency.h). After KeepWindows and
  // KeepParents.
  void KeepDeadlines(absl::Time now, std::vector<IssueChange>& out);
  // Clocks stop where a window begins and go on where it ends. Before KeepDates.
  void KeepWindows(absl::Time now, std::vector<IssueChange>& out);
  // Issues that another one explains become quiet; those that nothing explains any more are told.
  void KeepParents(absl::Time now, std::vector<IssueChange>& out);
  // Closes what was resolved long enough ago.
  void CloseQuiet(absl::Time now, std::vector<IssueChange>& out);
  // Nobody judges it any longer (machine retired, rule gone or switched off): all of the machine, or of one type, ends; or of
  // some subjects of a type.
  using IsMeant = std::function<bool(std::string_view subject)>;
  void CloseSubjects(std::string_view machine_id, std::string_view type, const IsMeant& is_meant, std::string_view reason,
                     absl::Time now, std::vector<IssueChange>& out);
  void Close(std::string_view machine_id, std::string_view type, std::string_view reason, absl::Time now,
             std::vector<IssueChange>& out);
  // What has become of an issue whose subject is no longer reported: true says that it is over.
  using IsGone = std::function<bool(const v1::Issue& issue, std::string_view probe, absl::Time judged)>;
  // Issues of the machine whose subject is no longer reported, while its samples come until `newest`: they end, or are stale.
  void MarkStale(std::string_view machine_id, absl::Time newest, const IsGone& is_gone, absl::Time now, std::vector<IssueChange>& out);
  // Why nothing judges this any more; empty: something does.
  using WhyUnjudged = std::function<std::string(const v1::Issue& issue)>;
  void CloseUnjudged(const WhyUnjudged& why, absl::Time now, std::vector<IssueChange>& out);
  // Stores what is in motion: before a stop.
  void Checkpoint(std::vector<IssueChange>& out);

  bool HasLive(std::string_view machine_id, std::string_view type) const;
  // Anything of this type that is pending or live.
  bool IsWatched(std::string_view machine_id, std::string_view type) const;

 private:
  // Of a condition that a window kept from becoming an issue.
  struct Held {
    absl::Time until = absl::InfinitePast();  // its raise time begins then
    std::string began_in;                     // the window, if it was not true before that; empty once it was told
  };
  // What is known of one key: the condition's progress, and its issue if there is one.
  struct Entry {
    IssueRecord record;                // live or resolved, if has_issue
    bool has_issue = false;
    bool pending_stored = false;       // the key's pending row is in the store and has to be emptied one day
    std::vector<LevelLatch> levels;
    absl::Time judged = absl::InfinitePast();      // time of the newest finding
    absl::Duration interval;                       // how far apart findings normally are
    absl::Time raised = absl::InfinitePast();      // when the condition became true; InfinitePast: it is not
    absl::Time checkpoint = absl::InfinitePast();  // `judged` of the last stored state
    v1::Evidence evidence;             // of this episode
    Severity reach = Severity::kNone;  // worst of this episode
    FlapDamping flaps;
    bool first_look = false;           // this episode began when the machine was first seen, or before
    Held held;
    absl::Time window_since = absl::InfinitePast();  // when a window stopped its clock
    bool told = true;                  // of this episode's opening
    absl::Time told_mover = absl::InfinitePast();  // when whose move it is was told last
    bool hidden = false;               // another issue explains it: nobody is told
    absl::Time hidden_since = absl::InfinitePast();  // its clock was stopped for that
    absl::Time quiet_until = absl::InfinitePast();   // its parent ended: nothing is told before this
    std::string parent_key;            // of Issue.parent_id
    std::string related;               // what it explained when it opened
    Severity dismissed = Severity::kNone;  // closed as a false alarm: no issue until it clears or is worse than this
    double dismissed_value = 0;        // of what only a person closes: with more than this it has happened again
    bool untold_change = false;        // it got worse while it was hidden
    std::string probe;                 // of the agent, that its newest finding comes from

    bool IsLiveIssue() const;
    bool IsOfRule() const;             // live, and neither a person's nor the report of initial findings
    Severity Level() const;            // the worst latch that is up
    bool InMotion() const;
    std::string RuleStateText() const;
  };
  using Entries = std::map<std::string, Entry, std::less<>>;  // by dedupe key

  struct SiteFindings;  // what one report says
  // It opens: as an initial finding, if it is one.
  void HoldBack(const MachineRecord& machine, absl::Time now, Entry& entry);
  // True: at this severity it is no longer held back.
  bool FreeIfWorse(const MachineRecord& machine, Severity severity, absl::Time now, v1::Issue& issue) const;
  void Free(Severity severity, absl::Time now, v1::Issue& issue) const;
  absl::Time LastReported(const std::string& site) const;  // InfinitePast: never
  void OpenReport(const std::string& site, const SiteFindings& findings, absl::Time now, Entry& entry, std::vector<IssueChange>& out);
  void ContinueReport(const SiteFindings& findings, absl::Time now, Entry& entry, std::vector<IssueChange>& out);
  void Escalate(const std::vector<const EscalationStep*>& due, absl::Time now, Entry& entry, std::vector<IssueChange>& out);
  void Remind(absl::Time now, Entry& entry, std::vector<IssueChange>& out);
  // Why it is told again is of this message alone.
  void TellAgain(IssueEventRecord event, std::vector<std::string> parties, Entry& entry, std::vector<IssueChange>& out);
  // True: a window covers the machine, and the finding changes nothing now.
  bool Hold(const MachineRecord& machine, const Rule& rule, const Finding& finding, absl::Time now, std::vector<IssueChange>& out);
  void EnterWindow(const WindowBook::Cover& cover, absl::Time now, Entry& entry, std::vector<IssueChange>& out);
  void LeaveWindow(absl::Time now, Entry& entry, std::vector<IssueChange>& out);
  // Says in its evidence that the window it began in is over for too long; once a window and machine.
  bool NoteOverrun(absl::Time now, Entry& entry);
  void TellOverrun(absl::Time now, Entry& entry, std::vector<IssueChange>& out);
  // The step of Apply that counts observed time.
  static void Judge(const Finding& finding, Entry& entry);
  // The issue would be over, but for the flaps: marks it, once.
  void MarkFlapping(const Finding& finding, absl::Time now, Entry& entry, std::vector<IssueChange>& out);
  static void KeepEvidence(const Rule& rule, const Finding& finding, Entry& entry);
  void Describe(const MachineRecord& machine, const Rule& rule, const Finding& finding, Entry& entry) const;
  // What the machine itself tells of it, else what it told before; empty: nothing.
  std::string OwnWords(const Finding& finding, const v1::Issue& issue) const;
  void Open(const MachineRecord& machine, const Rule& rule, const Finding& finding, absl::Time now, const std::string& key,
            Entry& entry, std::vector<IssueChange>& out);
  void Continue(const MachineRecord& machine, const Rule& rule, const Finding& finding, absl::Time now, Entry& entry,
                std::vector<IssueChange>& out);
  // The rule's own severity has changed.
  void Regrade(const MachineRecord& machine, const Rule& rule, const Finding& finding, Severity before, absl::Time now,
               Entry& entry, std::vector<IssueChange>& out);
  // Still true long after somebody said it is done.
  static bool IsClaimRefuted(const Finding& finding, const Entry& entry);
  // Opens what a person made: with id and clocks.
  v1::Issue OpenByPerson(const std::string& key, v1::Issue issue, const Actor& actor, absl::Time now, std::vector<IssueChange>& out);
  // An issue was closed: what a later one of the key has to know.
  void Forget(const std::string& key, Entry& entry, std::vector<IssueChange>& out);
  Terms TermsOfIssue(const v1::Issue& issue) const;
  void Transit(Happening happening, std::string_view reason, absl::Time now, Entry& entry, std::vector<IssueChange>& out);
  static void StorePending(const std::string& key, Entry& entry, std::vector<IssueChange>& out);
  static void DropPending(const std::string& key, Entry& entry, std::vector<IssueChange>& out);
  // `parties`: who hears of it; empty: whose move it is.
  void Store(Entry& entry, std::optional<IssueEventRecord> event, std::string_view notify, std::vector<IssueChange>& out,
             std::vector<std::string> parties = {});
  // What explains an issue.
  struct Explanation {
    std::string key;                   // of the parent
    const v1::Issue* parent = nullptr; // null: it is not known yet whether there will be one
    ParentEffect effect = ParentEffect::kHide;
  };
  void FindParentKeys();
  std::vector<MachineLink> LinksOfIssue(const v1::Issue& issue) const;
  std::optional<Explanation> ExplainWithin(const ParentRow& row, const std::string& scope, const v1::Issue& child) const;
  // As Explains, and the machines are linked if the row wants that.
  bool ExplainsHere(const ParentRow& row, const v1::Issue& parent, const v1::Issue& child) const;
  std::optional<Explanation> Explain(const v1::Issue& child) const;
  bool IsExplainedStill(const Entry& child) const;
  // The entry's issue is about to open.
  void HideIfExplained(Entry& entry);
  void NameRelated(Entry& entry) const;
  void Adopt(const Explanation& why, absl::Time now, Entry& entry, std::vector<IssueChange>& out);
  void StopHiddenClock(absl::Time now, Entry& entry, std::vector<IssueChange>& out);
  void EndParent(absl::Time now, Entry& entry, std::vector<IssueChange>& out);
  void Show(absl::Time now, Entry& entry, std::vector<IssueChange>& out);
  // It is over, as the data shows.
  void End(absl::Time time, std::string_view reason, absl::Time now, Entry& entry, std::vector<IssueChange>& out);
  // True: what a person has closed has happened again since.
  static bool HappensAgain(const Rule& rule, const Finding& finding, Entry& entry);
  // What of `notify` people are told: nothing of what is hidden, nor the end of what they never heard of.
  static std::string_view Heard(std::string_view notify, Entry& entry);
  Entries::const_iterator FirstOf(std::string_view machine_id, std::string_view type) const;

  Entries entries_;
  std::map<std::string, std::string, std::less<>> ended_;  // the newest closed issue of a key
  TermsOf terms_of_;
  PartyFor party_for_;
  LinksOf links_of_;
  FactOf fact_of_;
  WindowBook* windows_ = nullptr;
  FirstWeeks first_weeks_;
  std::map<std::string, absl::Time> reported_;  // by site: when its findings were told last, also by a report that a person has closed
  std::map<std::string, absl::Time> overruns_;  // the end of the window that was told last, by machine and window
};

}  // namespace steward::collector
