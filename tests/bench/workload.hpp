// Deterministic host-monitoring workload. Data model: see WORKLOAD.md. Integer/+-*/ maths only (no libm),
// one draw per full expression,
// so the same seed gives the same bits on every IEEE-754 machine. Build with -ffp-contract=off and without -ffast-math.
#pragma once
#pragma GCC system_header
#include <cstdint>
#include <cstdio>
#include <string>
#include <utility>
#include <vector>
#include <algorithm>

namespace wl {
struct Rng {                                             // splitmix64
  uint64_t s;
  uint64_t u64() { uint64_t z = (s += 0x9e3779b97f4a7c15ull); z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
                   z = (z ^ (z >> 27)) * 0x94d049bb133111ebull; return z ^ (z >> 31); }
  double u() { return double(u64() >> 11) * (1.0 / 9007199254740992.0); }         // [0,1)
  double g() { double a = u(), b = u(), c = u(), d = u(); return (a + b + c + d - 2.0) * 1.7320508075688772; }   // ~N(0,1), bounded
};
enum Kind : uint8_t { CONST, STEP, CPU, CTR, CTR_RARE, CTR_MS, MEM, PCT, LOAD, INT, FLT };
inline const char* kind_name(Kind k) {
  static const char* n[] = {"const","step","cpu_seconds_counter","counter","rare_counter","ms_counter","mem_gauge","percent_2dp","load_2dp","small_int_gauge","full_precision_gauge"};
  return n[k];
}
struct Tmpl { Kind kind; std::string name; std::vector<std::pair<std::string, std::string>> labels; double p; };  // p: rate/scale/level
struct Series { Rng r; double v, mean; };
struct Host { Rng r; double load, base; };

inline std::vector<Tmpl> host_template() {               // the 150 series of one host
  std::vector<Tmpl> t;
  auto add = [&](Kind k, std::string n, double p, std::vector<std::pair<std::string, std::string>> l = {}) { t.push_back({k, std::move(n), std::move(l), p}); };
  struct { const char* m; double share; } modes[] = {{"idle", .90}, {"user", .06}, {"system", .03}, {"iowait", .004}, {"softirq", .002}, {"steal", .001}, {"nice", 0}, {"irq", 0}};
  for (auto c : {"0", "1"}) for (auto& m : modes) add(m.share > 0 ? CPU : CONST, "node_cpu_seconds_total", m.share, {{"cpu", c}, {"mode", m.m}});          // 16
  int k = 0;
  for (auto d : {"lo", "eth0", "eth1"}) { double f = k == 1 ? 1 : k == 0 ? .1 : .3; ++k;                                                                  // 30
    for (auto x : {"receive", "transmit"}) { std::string n = std::string("node_network_") + x;
      add(CTR, n + "_bytes_total", 180e3 * f, {{"device", d}}); add(CTR, n + "_packets_total", 250 * f, {{"device", d}});
      add(CTR_RARE, n + "_drop_total", .005, {{"device", d}}); add(CONST, n + "_errs_total", 0, {{"device", d}}); add(CONST, n + "_fifo_total", 0, {{"device", d}}); } }
  for (auto d : {"vda", "vdb"}) for (auto x : {"read", "write"}) { double f = x[0] == 'r' ? .1 : 1; std::string n = "node_disk_";                          // 20
      add(CTR, n + x + "s_completed_total", 12 * f, {{"device", d}}); add(CTR, n + x + "_bytes_total", 150e3 * f, {{"device", d}});
      add(CTR, n + x + "s_merged_total", 4 * f, {{"device", d}}); add(CTR_MS, n + x + "_time_seconds_total", 8 * f, {{"device", d}});
      add(CTR_MS, n + (x[0] == 'r' ? "io_time_seconds_total" : "io_time_weighted_seconds_total"), 10, {{"device", d}}); }
  for (auto m : {"/", "/var", "/boot"}) { double s = m[1] == 'b' ? 0 : 40;                                                                                // 15
    add(CONST, "node_filesystem_size_bytes", 107374182400.0, {{"mountpoint", m}}); add(s ? MEM : CONST, "node_filesystem_free_bytes", s, {{"mountpoint", m}});
    add(s ? MEM : CONST, "node_filesystem_avail_bytes", s, {{"mountpoint", m}}); add(CONST, "node_filesystem_files", 6553600, {{"mountpoint", m}});
    add(s ? INT : CONST, "node_filesystem_files_free", 6e6, {{"mountpoint", m}}); }
  for (int i = 0; i < 18; ++i) add(MEM, "node_memory_gauge" + std::to_string(i) + "_bytes", i % 3 ? 20 : 300);                                             // 25
  for (int i = 0; i < 4; ++i) add(CONST, "node_memory_total" + std::to_string(i) + "_bytes", 8589934592.0);
  for (int i = 0; i < 3; ++i) add(STEP, "node_memory_pages" + std::to_string(i) + "_bytes", 2097152);
  for (int i = 0; i < 12; ++i) add(PCT, "host_usage" + std::to_string(i) + "_percent", i % 2 ? 8 : 45);                                                    // 12
  for (auto n : {"node_load1", "node_load5", "node_load15"}) add(LOAD, n, n[9] == '1' ? (n[10] ? .016 : .22) : .05);                                       // 3
  for (int i = 0; i < 7; ++i) add(INT, "node_count" + std::to_string(i), 60.0 * (i + 1));                                                                  // 10
  for (int i = 0; i < 3; ++i) add(STEP, "service_state" + std::to_string(i), 3);
  for (int i = 0; i < 10; ++i) add(CTR, "node_events" + std::to_string(i) + "_total", 3.0 * (1 << i));                                                     // 12
  for (int i = 0; i < 2; ++i) add(CTR_RARE, "node_faults" + std::to_string(i) + "_total", .02);
  for (int i = 0; i < 3; ++i) add(FLT, "probe" + std::to_string(i) + "_duration_seconds", .01 * (i + 1));                                                  // 3
  add(CONST, "node_boot_time_seconds", 1.7e9); add(CONST, "node_info", 1); add(CONST, "node_mtu_bytes", 1500); add(CONST, "node_filefd_maximum", 9.2e18);  // 4
  return t;
}

class Workload {
 public:
  static constexpr int N = 150;
  Workload(int hosts, uint64_t seed, int step_s) : t_(host_template()), h_(hosts), s_(size_t(hosts) * N), step_(step_s) {
    for (int h = 0; h < hosts; ++h) {
      h_[h].r.s = seed * 0x2545f4914f6cdd1dull + h; double c = h_[h].r.u();
      h_[h].base = c < .1 ? .05 : c < .8 ? .5 : 1.6; h_[h].load = h_[h].base;       // 10% idle, 70% normal, 20% busy hosts
      for (int i = 0; i < N; ++i) { Series& s = s_[size_t(h) * N + i]; const Tmpl& t = t_[i];
        s.r.s = (seed << 40) ^ (uint64_t(h) << 16) ^ i; s.r.u64(); double u = s.r.u(); s.mean = t.p;
        switch (t.kind) {
          case CONST: s.v = t.p; break;
          case STEP: s.v = t.p * double(int(u * 4)); break;
          case CPU: case CTR: case CTR_MS: s.mean = t.p * (.5 + u); s.v = double(int64_t(s.mean * (t.kind == CPU ? 100 : 1) * 86400 * 20 * u)); break;
          case CTR_RARE: s.v = double(int(u * 50)); break;
          case MEM: s.mean = double(int64_t(1e5 + u * 1.5e6)); s.v = s.mean; break;   // in 4 KiB pages
          case INT: s.mean = double(int64_t(t.p * (.7 + .6 * u))); s.v = s.mean; break;
          default: s.mean = t.p * (.7 + .6 * u); s.v = s.mean; } } }
  }
  // advance host h by one step; writes its N values in template order. Call once per host per cycle, cycles in order.
  void step(int h, int64_t cycle, double* out) {
    Host& H = h_[h]; int64_t day = 86400 / step_; double x = double((cycle + h * 37) % day) / double(day);
    double tri = x < .5 ? 2 * x : 2 - 2 * x;                                          // daily triangle wave 0..1
    if (H.r.u() < 1.0 / 500) { double a = H.r.u(), b = H.r.u(); H.base = .05 + 2 * a * b; }                    // regime change about every 2 h
    H.load += .1 * (H.base * (.6 + .8 * tri) - H.load) + .03 * H.base * H.r.g(); if (H.load < .01) H.load = .01;
    Series* S = &s_[size_t(h) * N]; const double L = H.load;
    for (int i = 0; i < N; ++i) { Series& s = S[i]; const Tmpl& t = t_[i]; Rng& r = s.r;
      switch (t.kind) {
        case CONST: out[i] = s.v; break;
        case STEP: if (r.u() < 1.0 / 400) s.v = t.p * double(int(r.u() * 4)); out[i] = s.v; break;
        case CPU: { double f = i % 8 == 0 ? (1 - .1 * std::min(L, 8.0)) : L; double a = r.u(), b = r.u(); s.v += double(int64_t(100 * step_ * s.mean * f * (.9 + .2 * a) + b)); out[i] = s.v / 100; } break;   // 10 ms ticks
        case CTR: { double f = r.u() < .02 ? 8 : 1; double a = r.u(), b = r.u(); s.v += double(int64_t(step_ * s.mean * L * f * (.5 + a) + b)); out[i] = s.v; } break;
        case CTR_RARE: if (r.u() < t.p * L) s.v += 1 + double(int(r.u() * 3)); out[i] = s.v; break;
        case CTR_MS: { double a = r.u(), b = r.u(); s.v += double(int64_t(step_ * s.mean * L * (.3 + 1.4 * a) + b)); out[i] = s.v / 1000; } break;
        case MEM: if (r.u() < .75) s.v += double(int64_t(t.p * r.g() + .001 * (s.mean - s.v))); out[i] = s.v * 4096; break;
        case PCT: s.v += .1 * (s.mean * (.5 + .5 * L) - s.v) + .04 * s.mean * r.g(); s.v = std::min(100.0, std::max(0.0, s.v)); out[i] = double(int64_t(s.v * 100 + .5)) / 100; break;
        case LOAD: s.v += t.p * (double(int(3 * L * r.u() + .5)) - s.v); out[i] = double(int64_t(s.v * 100 + .5)) / 100; break;
        case INT: if (r.u() < .4) s.v += double(int(r.g() * 2.5)) + double(int(.05 * (s.mean - s.v))); out[i] = s.v; break;
        case FLT: out[i] = s.mean * (.7 + .6 * r.u()); break; } }
  }
  std::vector<std::pair<std::string, std::string>> labels(int h, int i) const {      // sorted by name, __name__ first
    auto l = t_[i].labels; char b[16]; snprintf(b, sizeof b, "host-%04d", h);
    l.push_back({"__name__", t_[i].name}); l.push_back({"instance", b}); l.push_back({"job", "node"});
    std::sort(l.begin(), l.end()); return l;
  }
  const std::vector<Tmpl>& tmpl() const { return t_; }
  int hosts() const { return int(h_.size()); }
 private:
  std::vector<Tmpl> t_; std::vector<Host> h_; std::vector<Series> s_; int step_;
};
}  // namespace wl
