// Which lines of the kernel's log tell of a fault, and of what.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace steward::agent {

struct KernelFault {
  std::string_view kind;  // one of those below
  std::string subject;    // as the text has it; empty if it names none
};

// kind                    subject
//   oom_kill                process that was killed for memory
//   disk_io_error           disk or partition whose request failed
//   buffer_io_error         what lies on the disk: a partition, a mapped device
//   disk_offline            disk or port the kernel has given up
//   ata_error, link_reset   port, "ata3", "usb 1-2"
//   nvme_error              controller
//   raid_disk_failed        array
//   filesystem_error        device
//   filesystem_read_only    device
//   machine_check           none
//   hardware_error          what the firmware calls its severity, or "previous start"
//   memory_error            place of the module, as EDAC calls it, if it is known
//   memory_corrected        the same, put right by ECC
//   hung_task               task
//   lockup                  processor, "cpu2", if it is known
//   thermal_throttle        processor
//   thermal_critical        zone
//   network_hang            interface
// One event makes several lines; one of them is told. nullopt: tells of no fault.
std::optional<KernelFault> ClassifyKernelLine(std::string_view text);

}  // namespace steward::agent
