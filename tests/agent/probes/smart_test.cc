// What disks of each kind tell arrives under the names that dashboards know, and no damaged part costs another.
#include "agent/probes/smart.h"

#include <fstream>
#include <string>

#include "boost/json.hpp"
#include "gtest/gtest.h"
#include "tests/agent/probes/collected.h"

namespace steward::agent {
namespace {

std::string Document(const std::string& name) {
  std::ifstream file(std::string(STEWARD_SOURCE_DIR) + "/tests/fixtures/smartctl/" + name + ".json", std::ios::binary);
  EXPECT_TRUE(file.good()) << name;
  return {std::istreambuf_iterator<char>(file), {}};
}

boost::json::value Answer(const std::string& device, int exit_code, const std::string& output) {
  return {{"device", device}, {"exit_code", exit_code}, {"output", output}};
}

Collected Parse(const boost::json::array& answers) {
  Collected collected;
  const absl::Status status = ParseSmart(boost::json::serialize(answers), nullptr, collected);
  EXPECT_TRUE(status.ok()) << status;
  return collected;
}

Collected One(const std::string& name, int exit_code = 0) { return Parse({Answer("sdx", exit_code, Document(name))}); }

std::string Raw(const std::string& id, const std::string& name) {
  return "smartctl_device_attribute{attribute_id=" + id + ",attribute_name=" + name + ",attribute_value_type=raw,device=sdx}";
}

TEST(Smart, AHealthySataDisk) {
  const Collected disk = One("sata-healthy");
  EXPECT_EQ(disk.Integer("steward_smart_disk_state{device=sdx,state=health}"), 1);
  EXPECT_EQ(disk.Integer("steward_smart_disk_state{device=sdx,state=asleep}"), 0);
  EXPECT_EQ(disk.Integer("smartctl_device{device=sdx,firmware_version=82.00A82,interface=sat,model_family=Western Digital Red,"
                         "model_name=WDC WD20EFRX-68EUZN0,protocol=ATA,serial_number=WD-COMPOSED0001}"),
            1);
  EXPECT_EQ(disk.Integer("smartctl_device_smart_status{device=sdx}"), 1);
  EXPECT_EQ(disk.Integer("smartctl_device_temperature{device=sdx,temperature_type=current}"), 34);
  EXPECT_EQ(disk.Scaled("smartctl_device_power_on_seconds{device=sdx}"), 29500.0 * 3600);
  EXPECT_EQ(disk.Integer("smartctl_device_rotation_rate{device=sdx}"), 5400);
  EXPECT_EQ(disk.Integer(Raw("197", "Current_Pending_Sector")), 0);
  EXPECT_EQ(disk.Integer("steward_smart_self_test_passed{device=sdx}"), 1);
  EXPECT_FALSE(disk.Has("smartctl_device_percentage_used{device=sdx}"));
  EXPECT_FALSE(disk.Has(Raw("1", "Raw_Read_Error_Rate"))) << "differs from maker to maker";
}

TEST(Smart, ADiskWithPendingSectorsStillCallsItselfGood) {
  const Collected disk = One("sata-pending", 192);
  EXPECT_EQ(disk.Integer("smartctl_device_smart_status{device=sdx}"), 1);
  EXPECT_EQ(disk.Integer("smartctl_device_smartctl_exit_status{device=sdx}"), 192);
  EXPECT_EQ(disk.Integer(Raw("5", "Reallocated_Sector_Ct")), 18);
  EXPECT_EQ(disk.Integer(Raw("187", "Reported_Uncorrect")), 5);
  EXPECT_EQ(disk.Integer(Raw("188", "Command_Timeout")), 4295032833);
  EXPECT_EQ(disk.Integer(Raw("197", "Current_Pending_Sector")), 24);
  EXPECT_EQ(disk.Integer(Raw("198", "Offline_Uncorrectable")), 3);
  EXPECT_EQ(disk.Integer(Raw("199", "UDMA_CRC_Error_Count")), 7);
  EXPECT_EQ(disk.Integer("steward_smart_self_test_passed{device=sdx}"), 0) << "the newest was broken off, the one before failed";
  EXPECT_EQ(disk.Integer("smartctl_device_self_test_log_error_count{device=sdx,self_test_log_type=standard}"), 1);
  EXPECT_EQ(disk.Integer("smartctl_device_error_log_count{device=sdx,error_log_type=summary}"), 12);
}

TEST(Smart, TheWearOfASolidStateDisk) {
  const Collected disk = One("sata-ssd");
  EXPECT_EQ(disk.Integer("smartctl_device_percentage_used{device=sdx}"), 7);
  EXPECT_FALSE(disk.Has("smartctl_device_rotation_rate{device=sdx}"));
  EXPECT_FALSE(disk.Has("steward_smart_self_test_passed{device=sdx}")) << "none was run";
}

TEST(Smart, NvmeHealthyAndFailing) {
  const Collected good = One("nvme-healthy");
  EXPECT_EQ(good.Integer("smartctl_device_critical_warning{device=sdx}"), 0);
  EXPECT_EQ(good.Integer("smartctl_device_percentage_used{device=sdx}"), 6);
  EXPECT_EQ(good.Integer("steward_smart_unsafe_shutdowns_total{device=sdx}"), 38);
  EXPECT_EQ(good.Integer("steward_smart_self_test_passed{device=sdx}"), 1);
  const Collected bad = One("nvme-failing", 8);
  EXPECT_EQ(bad.Integer("smartctl_device_smart_status{device=sdx}"), 0);
  EXPECT_EQ(bad.Integer("smartctl_device_critical_warning{device=sdx}"), 5);
  EXPECT_EQ(bad.Integer("smartctl_device_available_spare{device=sdx}"), 4);
  EXPECT_EQ(bad.Integer("smartctl_device_available_spare_threshold{device=sdx}"), 10);
  EXPECT_EQ(bad.Integer("smartctl_device_percentage_used{device=sdx}"), 104);
  EXPECT_EQ(bad.Integer("smartctl_device_media_errors{device=sdx}"), 311);
  EXPECT_EQ(bad.Integer("steward_smart_self_test_passed{device=sdx}"), 0);
}

TEST(Smart, ASasDisk) {
  const Collected disk = One("sas", 4);
  EXPECT_EQ(disk.Integer("smartctl_device{device=sdx,firmware_version=ST31,interface=scsi,model_family=,"
                         "model_name=SEAGATE ST1200MM0099,protocol=SCSI,serial_number=WFCOMPOSED0006}"),
            1);
  EXPECT_EQ(disk.Integer("smartctl_scsi_grown_defect_list{device=sdx}"), 9);
  EXPECT_EQ(disk.Integer("smartctl_read_total_uncorrected_errors{device=sdx}"), 2);
  EXPECT_EQ(disk.Integer("smartctl_device_temperature{device=sdx,temperature_type=drive_trip}"), 60);
  EXPECT_EQ(disk.Integer("steward_smart_self_test_passed{device=sdx}"), 1);
}

TEST(Smart, WhoDoesNotAnswerSleepsOrKnowsNothingIsToldApart) {
  const Collected disks = Parse({Answer("sda", 1, Document("usb-bridge")), Answer("sdb", 3, R"({"smartctl":{"exit_status":3}})"),
                                 boost::json::value{{"device", "sdc"}, {"error", "/usr/sbin/smartctl took too long and was ended"}},
                                 Answer("sdd", 0, Document("sata-healthy")), Answer("sde", 2, R"({"smartctl":{"exit_status":2}})")});
  EXPECT_EQ(disks.Integer("steward_smart_disk_state{device=sda,state=none}"), 1);
  EXPECT_EQ(disks.Integer("smartctl_device_smartctl_exit_status{device=sda}"), 1);
  EXPECT_FALSE(disks.Has("smartctl_device_smart_status{device=sda}"));
  EXPECT_EQ(disks.Integer("steward_smart_disk_state{device=sdb,state=asleep}"), 1);
  EXPECT_EQ(disks.Integer("steward_smart_disk_state{device=sdc,state=no_answer}"), 1);
  EXPECT_FALSE(disks.Has("smartctl_device_smartctl_exit_status{device=sdc}"));
  EXPECT_EQ(disks.Integer("smartctl_device_smart_status{device=sdd}"), 1);
  EXPECT_EQ(disks.Integer("steward_smart_disk_state{device=sde,state=no_answer}"), 1);
  EXPECT_EQ(disks.Integer("smartctl_device_smartctl_exit_status{device=sde}"), 2);
}

TEST(Smart, DamagedPartsCostNoOther) {
  const std::string healthy = Document("sata-healthy");
  boost::json::array answers = {Answer("sda", 0, healthy.substr(0, healthy.size() / 2)), Answer("sdb", 0, "\x7f""ELF\x01\xff"),
                                Answer("sdc", 0, R"({"smart_status":{"passed":"yes"},"temperature":[1],"power_on_time":{"hours":1e300},
                                  "ata_smart_attributes":{"table":[7,{"id":5,"raw":{"value":99999999999999999999}},{"id":5,"raw":{"value":1}},{"id":197}]},
                                  "power_cycle_count":-3,"rotation_rate":"fast"})"),
                                Answer("sdd", 0, healthy), Answer("sdd", 0, healthy), 42, boost::json::value{{"device", 7}},
                                Answer(std::string(500, 'x'), 0, healthy)};
  const Collected disks = Parse(answers);
  EXPECT_EQ(disks.Integer("steward_smart_disk_state{device=sda,state=none}"), 1);
  EXPECT_EQ(disks.Integer("steward_smart_disk_state{device=sdb,state=none}"), 1);
  EXPECT_EQ(disks.Integer("steward_smart_disk_state{device=sdc,state=health}"), 1);
  EXPECT_FALSE(disks.Has("smartctl_device_smart_status{device=sdc}"));
  EXPECT_EQ(disks.Integer("smartctl_device_power_on_seconds{device=sdc}"), std::numeric_limits<std::int64_t>::max());
  EXPECT_EQ(disks.Integer("smartctl_device_smart_status{device=sdd}"), 1);
  Collected nothing;
  EXPECT_TRUE(absl::IsDataLoss(ParseSmart("{\"device\":", nullptr, nothing)));
  EXPECT_TRUE(absl::IsDataLoss(ParseSmart("", nullptr, nothing)));
  EXPECT_TRUE(nothing.integers.empty());
}

}  // namespace
}  // namespace steward::agent
