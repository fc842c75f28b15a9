// gRPC sizes its thread pools by the host's cores: 54 threads and 50 wakeups a second on 64 cores, for one stream. These two
// take the place of its own functions, in the shared library too, because the program exports them.
extern "C" {

unsigned gpr_cpu_num_cores(void);
unsigned gpr_cpu_current_cpu(void);

unsigned gpr_cpu_num_cores(void) { return 1; }
unsigned gpr_cpu_current_cpu(void) { return 0; }

}  // extern "C"
