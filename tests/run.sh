#!/usr/bin/env bash
# Installs what is missing, builds and tests. Ends non-zero if anything failed, and says how to repeat it.
set -euo pipefail

usage() {
  cat <<'TXT'
usage: tests/run.sh [--preset release|asan|tsan] [--full] [--only FOLDERS] [--unit]

  --preset P      which build (release by default); release also runs the tests of the real programs, tests/e2e
                  and tests/fault
  --full          all presets, every fuzz target for a minute, 1,000 faults, 10,000 simulated hours, the packages in a clean Debian
  --only FOLDERS  builds and runs only the unit tests of these folders below tests/: agent/spool,proto/wire
  --unit          leaves tests/e2e and tests/fault out
TXT
}

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root"
# Debian's own tools and libraries, whatever else comes first on the caller's PATH.
export PATH=/usr/sbin:/usr/bin:/sbin:/bin
# Objects are found again in another clone.
export CCACHE_BASEDIR=${CCACHE_BASEDIR:-$root} CCACHE_NOHASHDIR=${CCACHE_NOHASHDIR:-1}
jobs=$(nproc)

preset=release full=no only='' unit_only=no
while [ $# -gt 0 ]; do
  case $1 in
    --preset) preset=${2-}; shift ;;
    --preset=*) preset=${1#*=} ;;
    --full) full=yes ;;
    --only) only=${2-}; shift ;;
    --only=*) only=${1#*=} ;;
    --unit) unit_only=yes ;;
    -h | --help) usage; exit 0 ;;
    *) echo "run.sh: unknown option $1" >&2; usage >&2; exit 2 ;;
  esac
  shift
done
case $preset in
  release | asan | tsan) ;;
  *) echo "run.sh: --preset takes release, asan or tsan, not '$preset'" >&2; exit 2 ;;
esac

passed=() failed=() repeats=() durations=()

# stage NAME REPEAT COMMAND...: runs it, keeps how long it took and whether it passed.
stage() {
  local name=$1 repeat=$2 began=$SECONDS status=0
  shift 2
  printf '\n=== %s\n' "$name"
  "$@" || status=1
  if [ $status -eq 0 ]; then passed+=("$name"); else failed+=("$name"); repeats+=("$repeat"); fi
  durations+=("$((SECONDS - began)) s  $name")
  return $status
}

report() {
  printf '\n=== durations\n'
  printf '%s\n' "${durations[@]}"
  if [ ${#failed[@]} -gt 0 ]; then
    printf '\n=== failed: %s\nto repeat:\n' "${failed[*]}"
    printf '  %s\n' "${repeats[@]}"
  fi
  printf 'stages: %d passed, %d failed\n' ${#passed[@]} ${#failed[@]}
  [ ${#failed[@]} -eq 0 ]
}

configure() { cmake --preset "$1" -DSTEWARD_BUILD_TESTS=$([ "$1" = fuzz ] && echo OFF || echo ON) "${@:2}"; }
build() { cmake --build "build/$1" -j "$jobs" --target "${@:2}"; }

# The labels that StewardTargets.cmake gives a test are its folder below tests/.
label_options() {
  [ -z "$only" ] || printf '%s\n' -L "^(${only//,/|})\$"
}

# Test and target have one name.
test_targets() {
  local options
  mapfile -t options < <(label_options)
  (cd "build/$1" && ctest -N "${options[@]}" | sed -n 's/^ *Test *#[0-9]*: *//p')
}

unit_tests() {
  local options
  mapfile -t options < <(label_options)
  local runner=()
  # The thread sanitizer of g++ 12 does not know address layouts with more than 28 random bits.
  if [ "$1" = tsan ]; then runner=(setarch "$(uname -m)" -R); fi
  "${runner[@]}" ctest --test-dir "build/$1" -j "$jobs" --output-on-failure --no-tests=error "${options[@]}"
}

e2e_tests() {
  STEWARD_BIN_DIR="$root/build/release/bin" STEWARD_FULL=$([ "$full" = yes ] && echo 1 || echo 0) \
    /usr/bin/python3 -m pytest -q -n 4 --dist loadgroup tests/e2e
}

# Two sequences at a time: their timing is part of them.
fault_tests() {
  STEWARD_BIN_DIR="$root/build/release/bin" STEWARD_FULL=$([ "$full" = yes ] && echo 1 || echo 0) \
    /usr/bin/python3 -m pytest -q -rs -n 2 tests/fault
}

# In a root of their own; without root or debootstrap it says NOT TESTED.
package_test() { tests/packages/run.sh --build build/release; }

run_preset() {
  local name=$1 targets=(all)
  stage "$name: configure" "cmake --preset $name -DSTEWARD_BUILD_TESTS=ON" configure "$name" || return 0
  if [ -n "$only" ]; then
    mapfile -t targets < <(test_targets "$name")
    [ ${#targets[@]} -gt 0 ] || { echo "run.sh: no tests in $only" >&2; exit 2; }
  fi
  stage "$name: build" "cmake --build build/$name --target ${targets[*]}" build "$name" "${targets[@]}" || return 0
  stage "$name: unit tests" "ctest --test-dir build/$name --rerun-failed --output-on-failure" unit_tests "$name" || true
  if [ "$name" = release ] && [ -z "$only" ] && [ "$unit_only" = no ]; then
    stage "$name: tests of the programs" \
      "STEWARD_BIN_DIR=build/release/bin STEWARD_FULL=$([ "$full" = yes ] && echo 1 || echo 0) /usr/bin/python3 -m pytest --lf tests/e2e" \
      e2e_tests || true
    stage "$name: faults" \
      "STEWARD_BIN_DIR=build/release/bin STEWARD_SEED=<the seed it named> /usr/bin/python3 -m pytest -s tests/fault" \
      fault_tests || true
  fi
}

# simulate SEED FOLDER: 1,000 runs of 10 h, a share on each core.
simulate() {
  local status=0 job pid pids=() share=$(((1000 + jobs - 1) / jobs))
  for ((job = 0; job < jobs; job++)); do
    TMPDIR=$2 build/release/bin/steward-simulation --seed $(($1 + job * share)) --runs $share --hours 10 &
    pids+=($!)
  done
  for pid in "${pids[@]}"; do wait "$pid" || status=1; done
  return $status
}

# 10,000 simulated hours, other ones each time. The stores lie in memory: a disk makes it slow and proves no more.
run_simulation() {
  local seed=${STEWARD_SEED:-$(date +%s)} folder=${TMPDIR:-/tmp}
  [ ! -w /dev/shm ] || folder=/dev/shm
  stage "simulation of 10,000 hours" "TMPDIR=$folder build/release/bin/steward-simulation --seed $seed --runs 1000 --hours 10" \
    simulate "$seed" "$folder" || true
}

# One fuzz target for a minute: reads the kept corpus, writes what it finds new below build/.
fuzz_one() {
  local name=$1 kept=tests/fuzz/corpus/$1 found=build/fuzz/corpus/$1 log=build/fuzz/$1.log
  mkdir -p "$found" build/fuzz/findings
  local corpora=("$found")
  if [ -d "$kept" ]; then corpora+=("$kept"); fi
  if ! "build/fuzz/fuzz/$name" -max_total_time=60 -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 \
    -artifact_prefix="build/fuzz/findings/$name-" "${corpora[@]}" >"$log" 2>&1; then
    tail -60 "$log"
    return 1
  fi
  printf '%s: %s runs, no finding\n' "$name" "$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")"
}

run_fuzzers() {
  stage "fuzz: configure" "cmake --preset fuzz" configure fuzz || return 0
  stage "fuzz: build" "cmake --build build/fuzz --target fuzzers" build fuzz fuzzers || return 0
  stage "fuzz: every target" "build/fuzz/fuzz/<target> -max_total_time=60 build/fuzz/corpus/<target> tests/fuzz/corpus/<target>" \
    fuzz_all || true
}

fuzz_all() {
  export -f fuzz_one
  (cd build/fuzz/fuzz && printf '%s\n' *) | xargs -P "$jobs" -I NAME bash -c 'set -euo pipefail; fuzz_one NAME'
}

purposes=(--build --test)
if [ "$full" = yes ]; then purposes+=(--fuzz); fi
stage "dependencies" "deploy/dependencies.sh ${purposes[*]}" deploy/dependencies.sh "${purposes[@]}" || { report; exit 1; }

if [ "$full" = yes ]; then
  for name in release asan tsan; do run_preset "$name"; done
  stage "packages in a clean Debian" "tests/packages/run.sh" package_test || true
  run_simulation
  run_fuzzers
else
  run_preset "$preset"
fi
report
