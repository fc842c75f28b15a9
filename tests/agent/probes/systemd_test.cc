// What systemctl prints becomes node_exporter's series, without one for each connection; what it cannot say is said.
#include "agent/probes/systemd.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>

#include "agent/probes/systemctl.h"
#include "agent/probes/note_board.h"
#include "tests/agent/probes/answering_platform.h"
#include "tests/agent/probes/collected.h"

namespace steward::agent {
namespace {

// Of systemd 252, shortened.
constexpr std::string_view kUnits =
    "-.mount                     loaded    active   mounted   Root Mount\n"
    "backup.service              loaded    failed   failed    backup.service\n"
    "connman.service             not-found inactive dead      connman.service\n"
    "cron.service                loaded    active   running   Regular background program processing daemon\n"
    "flaky.service               loaded    activating auto-restart Flaky\n"
    "run-rfa681b72c6da44edb8170340d6e86602.service loaded failed failed /bin/false\n"
    "ssh@3-10.0.0.1:22-10.0.0.9:50022.service loaded active running per-connection\n"
    "dbus.socket                 loaded    active   running   D-Bus System Message Bus Socket\n"
    "multi-user.target           loaded    active   active    Multi-User System\n"
    "backup.timer                loaded    active   waiting   backup.timer\n"
    "fstrim.timer                loaded    inactive dead      Discard unused blocks once a week\n";
constexpr std::string_view kServices =
    "Version=252.39-1~deb12u2\nSystemState=degraded\n\n"
    "Type=oneshot\nRestart=no\nResult=exit-code\nNRestarts=0\nId=backup.service\n\n"
    "Type=simple\nRestart=on-failure\nResult=success\nNRestarts=0\nId=cron.service\n\n"
    "Type=simple\nRestart=always\nResult=success\nNRestarts=2\nId=flaky.service\n\n"
    "Result=success\nNConnections=1\nNAccepted=7\nNRefused=0\nId=dbus.socket\n";
constexpr std::string_view kTimers =
    "NextElapseUSecRealtime=Sun 2026-11-22 19:50:00 UTC\nNextElapseUSecMonotonic=13h 23min 16.419330s\n"
    "LastTriggerUSec=Sun 2026-11-22 19:48:35 UTC\nResult=success\nId=backup.timer\n"
    "StateChangeTimestamp=Sun 2026-11-22 19:48:35 UTC\nStateChangeTimestampMonotonic=47941285348\n\n"
    "NextElapseUSecRealtime=\nNextElapseUSecMonotonic=infinity\nLastTriggerUSec=\nResult=success\nId=fstrim.timer\n";

class SystemdTest : public testing::Test {
 protected:
  void SetUp() override {
    machine_.tools[Tool::kSystemdUnits] = std::string(kUnits);
    machine_.tools[Tool::kSystemdServices] = std::string(kServices);
    machine_.tools[Tool::kSystemdTimers] = std::string(kTimers);
  }
  absl::Status Collect() {
    collected_ = {};
    return MakeSystemdProbe(machine_, settings_)->Collect(collected_);
  }
  std::int64_t State(std::string_view unit, std::string_view state, std::string_view type) {
    return collected_.Integer(StrCat("node_systemd_unit_state{name=", unit, ",state=", state, ",type=", type, "}"));
  }

  AnsweringPlatform machine_;
  ProbeSettings settings_;
  Collected collected_;
};

TEST_F(SystemdTest, ServicesThatHaveFailedSayTheirLastWordsOnce) {
  settings_.notes = std::make_shared<NoteBoard>();
  machine_.tools[Tool::kUnitLogs] = "backup.service\tcannot reach nas\nbackup.service\tgiven up\nx\n\tno name\ncron.service\t\n";
  const auto probe = MakeSystemdProbe(machine_, settings_);
  for (int i = 0; i < 2 * kSystemdDetailsEvery; ++i) ASSERT_TRUE(probe->Collect(collected_).ok());
  EXPECT_EQ(machine_.asked[Tool::kUnitLogs], 1);
  const std::vector<Note> notes = settings_.notes->groups()["failure"];
  ASSERT_EQ(notes.size(), 1u);
  EXPECT_EQ(notes[0].key, "backup.service");
  EXPECT_EQ(notes[0].text, "cannot reach nas / given up");
}

TEST_F(SystemdTest, WithoutTheLastWordsTheRestIsToldAndTheyAreAskedAgain) {
  settings_.notes = std::make_shared<NoteBoard>();
  machine_.tools[Tool::kUnitLogs] = absl::PermissionDeniedError("takes root");
  const auto probe = MakeSystemdProbe(machine_, settings_);
  ASSERT_TRUE(probe->Collect(collected_).ok());
  machine_.tools[Tool::kUnitLogs] = "backup.service\tgiven up\n";
  for (int i = 0; i < kSystemdDetailsEvery; ++i) ASSERT_TRUE(probe->Collect(collected_).ok());
  EXPECT_EQ(settings_.notes->groups()["failure"].size(), 1u);
}

TEST_F(SystemdTest, UnitsHaveTheirStatesUnderNodeExportersNames) {
  ASSERT_TRUE(Collect().ok());
  EXPECT_EQ(State("cron.service", "active", "simple"), 1);
  EXPECT_EQ(State("cron.service", "failed", "simple"), 0);
  EXPECT_EQ(State("cron.service", "inactive", "simple"), Collected::kAbsent);
  EXPECT_EQ(State("backup.service", "failed", "oneshot"), 1);
  EXPECT_EQ(State("flaky.service", "activating", "simple"), 1);
  EXPECT_EQ(State("fstrim.timer", "inactive", ""), 1);
  EXPECT_EQ(collected_.Integer("node_systemd_units{state=failed}"), 2);
  EXPECT_EQ(collected_.Integer("node_systemd_units{state=active}"), 6);
  EXPECT_EQ(collected_.Integer("node_systemd_system_running"), 0);
  EXPECT_DOUBLE_EQ(collected_.Scaled("node_systemd_version{version=252.39-1~deb12u2}"), 252.39);
}

TEST_F(SystemdTest, WhatComesAndGoesHasNoSeries) {
  ASSERT_TRUE(Collect().ok());
  for (const auto& [key, value] : collected_.integers) {
    EXPECT_EQ(key.find("run-r"), std::string::npos) << key;
    EXPECT_EQ(key.find("ssh@"), std::string::npos) << key;
    EXPECT_EQ(key.find("connman"), std::string::npos) << key;
    EXPECT_EQ(key.find(".mount"), std::string::npos) << key;
  }
  EXPECT_EQ(collected_.Integer("steward_systemd_units_left_out"), 2);
  EXPECT_FALSE(HasSystemdSeries("systemd-coredump@12-4711-0.service"));
  EXPECT_FALSE(HasSystemdSeries("run-u7.service"));
  for (const std::string_view unit : {"getty@tty1.service", "user@1000.service", "backup@2-daily.service", "run-backup.service",
                                      "postgresql@15-main.service", "openvpn@1.service", "x@.service", "@"}) {
    EXPECT_TRUE(HasSystemdSeries(unit)) << unit;
  }
}

TEST_F(SystemdTest, RestartsResultsAndSocketsComeFromTheirProperties) {
  ASSERT_TRUE(Collect().ok());
  EXPECT_EQ(collected_.Integer("node_systemd_service_restart_total{name=flaky.service}"), 2);
  EXPECT_EQ(collected_.Integer("node_systemd_service_restart_total{name=cron.service}"), 0);
  EXPECT_FALSE(collected_.Has("node_systemd_service_restart_total{name=backup.service}"));
  EXPECT_EQ(collected_.Integer("steward_systemd_unit_result{name=backup.service,result=exit-code}"), 1);
  EXPECT_EQ(collected_.Integer("node_systemd_socket_accepted_connections_total{name=dbus.socket}"), 7);
  EXPECT_EQ(collected_.Integer("node_systemd_socket_current_connections{name=dbus.socket}"), 1);
}

TEST_F(SystemdTest, TimersSayWhenTheyRanAndRunNext) {
  ASSERT_TRUE(Collect().ok());
  EXPECT_EQ(collected_.Integer("node_systemd_timer_last_trigger_seconds{name=backup.timer}"), 1795376915);
  EXPECT_EQ(collected_.Integer("steward_systemd_timer_next_trigger_seconds{name=backup.timer}"), 1795377000);
  EXPECT_EQ(collected_.Integer("node_systemd_timer_last_trigger_seconds{name=fstrim.timer}"), 0);
  EXPECT_FALSE(collected_.Has("steward_systemd_timer_next_trigger_seconds{name=fstrim.timer}"));
}

// Result is of the last run alone, and says "success" while the next one runs.
TEST_F(SystemdTest, FailedRunsOfAJobAreCountedOverItsRuns) {
  const auto probe = MakeSystemdProbe(machine_, settings_);
  const auto run = [&](std::string_view active, std::string_view result, std::string_view ended) {
    machine_.tools[Tool::kSystemdUnits] =
        StrCat("backup.service loaded ", active, " x Backup\nother.service loaded failed failed O\n");
    machine_.tools[Tool::kSystemdServices] =
        StrCat("Version=252\n\nId=backup.service\nType=oneshot\nResult=", result, "\nInactiveEnterTimestampMonotonic=", ended,
               "\n\nId=other.service\nType=oneshot\nResult=exit-code\nInactiveEnterTimestampMonotonic=5\n");
    machine_.tools[Tool::kSystemdTimers] = "Id=nightly.timer\nUnit=backup.service\nResult=success\n";
    for (int i = 0; i < kSystemdDetailsEvery; ++i) {
      collected_ = {};
      ASSERT_TRUE(probe->Collect(collected_).ok());
    }
  };
  const auto failed_runs = [&] { return collected_.Integer("steward_systemd_job_failed_runs{name=backup.service}"); };
  run("failed", "exit-code", "10");
  EXPECT_EQ(failed_runs(), 1);
  EXPECT_FALSE(collected_.Has("steward_systemd_job_failed_runs{name=other.service}")) << "no timer starts it";
  run("failed", "exit-code", "10");
  EXPECT_EQ(failed_runs(), 1) << "the same run";
  run("activating", "success", "10");
  EXPECT_EQ(failed_runs(), 1) << "the next one runs";
  run("failed", "timeout", "20");
  EXPECT_EQ(failed_runs(), 2);
  run("inactive", "success", "30");
  EXPECT_EQ(failed_runs(), 0);
}

// While its service hangs, or when it was stopped, a timer has no next time.
TEST_F(SystemdTest, ATimersPeriodIsKeptWhenItIsNoLongerPlanned) {
  const auto probe = MakeSystemdProbe(machine_, settings_);
  ASSERT_TRUE(probe->Collect(collected_).ok());
  EXPECT_EQ(collected_.Integer("steward_systemd_timer_period_seconds{name=backup.timer}"), 85);
  EXPECT_FALSE(collected_.Has("steward_systemd_timer_period_seconds{name=fstrim.timer}"));
  machine_.tools[Tool::kSystemdTimers] =
      "NextElapseUSecRealtime=\nNextElapseUSecMonotonic=infinity\nLastTriggerUSec=Sun 2026-11-22 19:48:35 UTC\nId=backup.timer\n";
  for (int i = 0; i < kSystemdDetailsEvery; ++i) {
    collected_ = {};
    ASSERT_TRUE(probe->Collect(collected_).ok());
  }
  EXPECT_FALSE(collected_.Has("steward_systemd_timer_next_trigger_seconds{name=backup.timer}"));
  EXPECT_EQ(collected_.Integer("steward_systemd_timer_period_seconds{name=backup.timer}"), 85);
}

TEST_F(SystemdTest, DetailsAreAskedSeldomAndWhenAnotherUnitFailed) {
  const auto probe = MakeSystemdProbe(machine_, settings_);
  for (int i = 0; i < kSystemdDetailsEvery; ++i) ASSERT_TRUE(probe->Collect(collected_).ok());
  EXPECT_EQ(machine_.asked[Tool::kSystemdServices], 1);
  ASSERT_TRUE(probe->Collect(collected_).ok());
  EXPECT_EQ(machine_.asked[Tool::kSystemdServices], 2);
  machine_.tools[Tool::kSystemdUnits] = std::string(kUnits) + "x.socket loaded failed failed X\n";
  ASSERT_TRUE(probe->Collect(collected_).ok());
  EXPECT_EQ(machine_.asked[Tool::kSystemdServices], 3);
  EXPECT_EQ(machine_.asked[Tool::kSystemdTimers], 3);
}

// Its type is a label: told without it first, the unit would be two series.
TEST_F(SystemdTest, ANewServiceIsToldOfOnceItsTypeIsKnown) {
  const auto probe = MakeSystemdProbe(machine_, settings_);
  ASSERT_TRUE(probe->Collect(collected_).ok());
  machine_.tools[Tool::kSystemdUnits] = std::string(kUnits) + "new.service loaded active running N\n";
  machine_.tools[Tool::kSystemdServices] = std::string(kServices) + "\nId=new.service\nType=notify\n";
  for (int i = 1; i < kSystemdDetailsOfNewEvery; ++i) {
    collected_ = {};
    ASSERT_TRUE(probe->Collect(collected_).ok());
    for (const auto& [key, value] : collected_.integers) EXPECT_EQ(key.find("new.service"), std::string::npos) << key;
  }
  ASSERT_TRUE(probe->Collect(collected_).ok());
  EXPECT_EQ(State("new.service", "active", "notify"), 1);
}

TEST_F(SystemdTest, ADeadBusIsAnErrorAndNoSystemdIsNone) {
  machine_.tools[Tool::kSystemdUnits] = absl::UnavailableError("systemctl failed with exit code 1");
  EXPECT_TRUE(absl::IsUnavailable(Collect()));
  machine_.tools[Tool::kSystemdUnits] = absl::NotFoundError("this machine was not started by systemd");
  EXPECT_TRUE(absl::IsNotFound(Collect()));
  EXPECT_TRUE(collected_.integers.empty());
}

TEST_F(SystemdTest, WhatIsNotSystemctlsIsRefused) {
  for (const std::string_view text : {"", "\n", "nonsense", "only-a-name.service", "cron.service loaded", "\xff\xfe\x01 x y z\n"}) {
    machine_.tools[Tool::kSystemdUnits] = std::string(text);
    EXPECT_TRUE(absl::IsDataLoss(Collect())) << text;
  }
}

TEST(Systemctl, MarksBeforeAFailedUnitAreReadThrough) {
  const auto units = ParseSystemdUnits("\xe2\x97\x8f a.service loaded failed failed A\n  b.timer loaded active waiting B\n");
  ASSERT_TRUE(units.ok()) << units.status();
  ASSERT_EQ(units->size(), 2u);
  EXPECT_EQ(units->at(0).name, "a.service");
  EXPECT_EQ(units->at(0).active, "failed");
  EXPECT_EQ(units->at(1).name, "b.timer");
}

TEST(Systemctl, TimesAndSpans) {
  EXPECT_EQ(ParseSystemdTime("Thu 1970-01-01 00:00:07 UTC"), absl::FromUnixSeconds(7));
  for (const std::string_view text : {"", "n/a", "Sun 2026-11-22 19:50:00 EET", "Sun 2026-13-22 19:50:00 UTC", "Sun 2026-11-22"}) {
    EXPECT_EQ(ParseSystemdTime(text), std::nullopt) << text;
  }
  EXPECT_EQ(ParseSystemdSpan("1d 2h 3min 4.5s"), absl::Hours(26) + absl::Minutes(3) + absl::Milliseconds(4500));
  EXPECT_EQ(ParseSystemdSpan("250ms 7us"), absl::Microseconds(250'007));
  EXPECT_EQ(ParseSystemdSpan("0"), absl::ZeroDuration());
  for (const std::string_view text : {"", "infinity", "5", "s", "5parsecs", "-5s", "1..2s"}) {
    EXPECT_EQ(ParseSystemdSpan(text), std::nullopt) << text;
  }
  EXPECT_LE(*ParseSystemdSpan("99999999999999999999y 99999999999999999999y"), absl::Hours(24 * 366 * 100));
}

// Started 100 s after systemd's clock began, planned for its 400th second.
TEST(Systemctl, ATimerByTheTimeSinceBootIsPlacedOnTheWallClock) {
  const SystemdProperties timer = {{"NextElapseUSecRealtime", ""},
                                   {"NextElapseUSecMonotonic", "6min 40s"},
                                   {"StateChangeTimestamp", "Sun 2026-11-22 19:47:50 UTC"},
                                   {"StateChangeTimestampMonotonic", "100000000"}};
  EXPECT_EQ(NextElapse(timer), absl::FromUnixSeconds(1795376870 + 300));
}

}  // namespace
}  // namespace steward::agent
