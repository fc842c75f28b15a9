#!/usr/bin/env bash
# From a fresh clone to this machine's health in a collector: installs what is missing, takes the programs from released
# packages or builds them, starts both on loopback and shows them working. Everything it keeps is below DIR; a second start finds the data of the first.
set -euo pipefail

usage() {
  cat <<'TXT'
usage: deploy/quickstart.sh [--detach|--stop] [--data DIR] [--packages DIR] [--any-port]

  (neither)    starts, then shows a live view; Ctrl-C stops both programs
  --detach     starts, returns 0 when the first data is visible, leaves both programs running
  --stop       stops what an earlier start left running
  --data DIR   where data, settings, logs and programs are kept (by default .steward beside this clone's README)
  --packages DIR  takes the programs from the released packages there (by default packages beside this clone's README, if
               it has them) instead of building them
  --any-port   takes another port where 7443 (agents) or 7480 (HTTP) is taken

DIR/collector.toml holds the collector's settings; it is read at each start.
TXT
}

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# Debian's own tools and libraries, whatever else comes first on the caller's PATH.
export PATH=/usr/sbin:/usr/bin:/sbin:/bin
export CCACHE_BASEDIR=${CCACHE_BASEDIR:-$root} CCACHE_NOHASHDIR=${CCACHE_NOHASHDIR:-1}
export no_proxy='*' NO_PROXY='*' # nothing here leaves the machine
unset STEWARD_DATA
# A build directory of its own: build/release may be set up for the tests, and neither should undo the other's settings.
build=$root/build/quickstart
programs=(steward-agent steward-collector stewardctl steward-fleet)
first_data_seconds=60
stop_seconds=10

say() { printf '%s\n' "$*"; }
fail() { printf 'quickstart: %s\n' "$*" >&2; exit 1; }
step() { printf '[%s] %s\n' "$1" "$2"; }

mode=view dir=$root/.steward any_port=no packages=
while [ $# -gt 0 ]; do
  case $1 in
    --detach | --stop)
      if [ "$mode" != view ] && [ "$mode" != "${1#--}" ]; then usage >&2; exit 2; fi
      mode=${1#--} ;;
    --data) dir=${2-}; shift || true ;;
    --data=*) dir=${1#*=} ;;
    --packages) packages=${2-}; [ -n "$packages" ] || { printf 'quickstart: --packages needs a directory\n' >&2; exit 2; }; shift ;;
    --packages=*) packages=${1#*=} ;;
    --any-port) any_port=yes ;;
    -h | --help) usage; exit 0 ;;
    *) printf 'quickstart: unknown option %s\n' "$1" >&2; usage >&2; exit 2 ;;
  esac
  shift || true
done
[ -n "$dir" ] || { printf 'quickstart: --data needs a directory\n' >&2; exit 2; }
dir=$(realpath -m -- "$dir")
bin=$dir/bin collector_data=$dir/collector agent_state=$dir/agent
collector_log=$dir/collector.log agent_log=$dir/agent.log
config=$dir/collector.toml
ctl=("$bin/stewardctl" --data "$collector_data")

# --- processes: found by what they are (our program on our data), so no stale note about them can mislead ---

# pids_of PROGRAM DATA: the processes that run DIR/bin/PROGRAM on that directory.
pids_of() {
  local link pid
  while IFS= read -r link; do
    pid=${link#/proc/} pid=${pid%/exe}
    if tr '\0' '\n' 2>/dev/null <"/proc/$pid/cmdline" | grep -qxF -- "$2"; then printf '%s\n' "$pid"; fi
  done < <(find /proc -maxdepth 2 -path '/proc/[0-9]*/exe' \( -lname "$bin/$1" -o -lname "$bin/$1 (deleted)" \) 2>/dev/null)
}
collector_pids() { pids_of steward-collector "$collector_data"; }
agent_pids() { pids_of steward-agent "$agent_state"; }

stop_program() { # NAME PIDS...
  local name=$1 pid waited
  shift
  for pid in "$@"; do
    kill -TERM "$pid" 2>/dev/null || { [ ! -e "/proc/$pid" ] || fail "$name (pid $pid) belongs to another user: stop it as that user or as root"; }
    waited=0
    while [ -e "/proc/$pid" ] && [ $waited -lt $((stop_seconds * 10)) ]; do sleep 0.1; waited=$((waited + 1)); done
    if [ -e "/proc/$pid" ]; then
      say "$name (pid $pid) did not stop within $stop_seconds s: killed"
      kill -KILL "$pid" 2>/dev/null || true
    fi
  done
}

stop_all() {
  local pids
  mapfile -t pids < <(agent_pids)
  stop_program steward-agent "${pids[@]}"
  mapfile -t pids < <(collector_pids)
  stop_program steward-collector "${pids[@]}"
}

if [ "$mode" = stop ]; then
  if [ -z "$(agent_pids)$(collector_pids)" ]; then
    say "nothing of $dir is running"
  else
    stop_all
    say "stopped; the data stays in $dir"
  fi
  exit 0
fi

# --- build ---

run_build() {
  local log=$1 pid last='' shown=0
  ninja -C "$build" "${programs[@]}" >"$log" 2>&1 </dev/null &
  pid=$!
  trap 'kill "$pid" 2>/dev/null || true; exit 130' INT TERM
  while kill -0 "$pid" 2>/dev/null; do
    sleep 0.5
    last=$(tail -c 300 "$log" 2>/dev/null | grep -o '^\[[0-9]*/[0-9]*\]' | tail -1 || true)
    [ -n "$last" ] || continue
    if [ -t 1 ]; then
      printf '\r      %s %d s ' "$last" $((SECONDS - build_began))
    elif [ $((SECONDS - shown)) -ge 30 ]; then
      printf '      %s %d s\n' "$last" $((SECONDS - build_began))
      shown=$SECONDS
    fi
  done
  trap - INT TERM
  if [ -t 1 ]; then printf '\r%40s\r' ''; fi
  wait "$pid"
}

# --- or taken from released packages ---

architecture=$(dpkg --print-architecture 2>/dev/null || true)
# package_of PART: the newest of that part for this machine in $packages; nothing if there is none.
package_of() { find "$packages" -maxdepth 1 -name "steward-$1_*_$architecture.deb" 2>/dev/null | sort -V | tail -1; }

# Their programs into $unpacked, and what they need into this machine.
unpack_packages() {
  local part package needs
  for part in agent collector fleet; do
    package=$(package_of $part)
    [ -n "$package" ] || fail "$packages has no steward-${part}_*_$architecture.deb; without --packages the programs are built"
    needs="curl, iproute2, $(dpkg-deb -f "$package" Depends)" || fail "$package is no Debian package, or damaged"
    # With everything there, no root is needed.
    if ! apt-get --simulate -qq -o Debug::NoLocking=true satisfy "$needs" 2>/dev/null | awk '/^Inst/ { exit 1 }'; then
      local sudo=()
      [ "$(id -u)" = 0 ] || sudo=(sudo)
      "${sudo[@]}" apt-get -qq update && "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive \
        apt-get -y -q --no-install-recommends satisfy "$needs" >"$dir/apt.log" 2>&1 ||
        { tail -5 "$dir/apt.log" >&2; fail "what $package needs could not be installed; the log is $dir/apt.log"; }
    fi
    dpkg-deb -x "$package" "$unpacked" || fail "$package could not be unpacked"
  done
}

if [ -z "$packages" ] && [ -d "$root/packages" ]; then
  packages=$root/packages
  [ -n "$(package_of collector)" ] || packages=''
fi
mkdir -p "$dir" 2>/dev/null && [ -w "$dir" ] || fail "cannot write to $dir: run as its owner ($(stat -c %U "$dir" 2>/dev/null || echo root)) or give another --data DIR"
chmod 700 "$dir" 2>/dev/null || true
build_began=$SECONDS
if [ -n "$packages" ]; then
  step 1/5 "packages: Steward's own, from $packages, and what they need from Debian"
  unpacked=$dir/unpacked
  rm -rf "$unpacked"
  mkdir -p "$unpacked"
  unpack_packages
  step 2/5 "build: not needed"
  programs_in=$unpacked/usr/bin
else
  step 1/5 "packages: what is missing is installed from Debian"
  "$root/deploy/dependencies.sh" --build
  mkdir -p "$root/build" 2>/dev/null && [ -w "$root/build" ] || fail "cannot write to $root/build: run as the owner of this clone"
  step 2/5 "build: the first takes some minutes (log: $dir/build.log)"
  if [ ! -f "$build/build.ninja" ]; then
    (cd "$root" && cmake --preset release -B "$build" -DSTEWARD_BUILD_TESTS=OFF -DSTEWARD_BUILD_BENCH=OFF) >"$dir/build.log" 2>&1 ||
      { tail -30 "$dir/build.log" >&2; fail "cmake failed; its log is $dir/build.log"; }
  fi
  run_build "$dir/build.log" || { tail -30 "$dir/build.log" >&2; fail "the build failed; its log is $dir/build.log"; }
  programs_in=$build/bin
fi
mkdir -p "$bin"
changed=no
for program in "${programs[@]}"; do
  if ! cmp -s "$programs_in/$program" "$bin/$program"; then
    install -m 755 "$programs_in/$program" "$bin/.$program.new"
    mv -f "$bin/.$program.new" "$bin/$program"
    changed=yes
  fi
done
if [ -n "$packages" ]; then rm -rf "$unpacked"; fi
say "      done in $((SECONDS - build_began)) s"

# --- start ---

if [ ! -f "$config" ]; then
  cat >"$config" <<'TXT'
# The collector's settings. After a change: deploy/quickstart.sh --stop, then start again.
[listen]
agents = "127.0.0.1:7443"    # "0.0.0.0:7443" lets other machines in, by mutual TLS only
http = "127.0.0.1:7480"

[agents]
interval = "15s"

# Issues go to a partner as POSTs, signed with the key in secret_file:
# [[channel]]
# name = "partner"
# type = "webhook"
# url = "https://partner.example/hook"
# secret_file = "/etc/steward/hook.key"
# [[route]]
# channel = "partner"
# severity_min = "medium"

# Watch the watcher: asked every minute while all is well; raises the alarm there when it stops.
# [heartbeat]
# urls = ["https://watch.example/ping/abc"]
TXT
fi

# listen_setting NAME DEFAULT: the value of NAME in [listen] of collector.toml.
listen_setting() {
  local value
  value=$(awk -v name="$1" '
    /^[ \t]*\[/ { inside = ($0 ~ /^[ \t]*\[[ \t]*listen[ \t]*\]/) }
    inside && $0 ~ "^[ \t]*" name "[ \t]*=" { if (match($0, /"[^"]*"/)) print substr($0, RSTART + 1, RLENGTH - 2) }' "$config" | tail -1)
  printf '%s\n' "${value:-$2}"
}

# "steward-collect (pid 4711)", if this user may know it.
port_holder() { ss -ltnpH "sport = :$1" 2>/dev/null | sed -n 's/.*users:(("\([^"]*\)",pid=\([0-9]*\).*/\1 (pid \2)/p' | head -1; }
port_taken() { [ -n "$(ss -ltnH "sport = :$1" 2>/dev/null)" ]; }

# choose WHAT WANTED: prints the address to listen on. With --any-port a taken port becomes another, which is kept for
# the next start, because the agent knows the address.
choose() {
  local what=$1 wanted=$2 kept address port
  kept=$(awk -v what="$what" -v wanted="$wanted" '$1 == what && $2 == wanted { print $3 }' "$dir/ports" 2>/dev/null || true)
  address=${kept:-$wanted} port=${address##*:}
  if [ "$port" != 0 ] && port_taken "$port"; then
    local holder
    holder=$(port_holder "$port")
    if [ "$any_port" = no ]; then
      fail "port $port ($what) is taken${holder:+ by $holder}. Stop that, change [listen] $what in $config, or start with --any-port"
    fi
    printf '      port %s (%s) is taken%s: another one is used\n' "$port" "$what" "${holder:+ by $holder}" >&2
    address=${wanted%:*}:0
  fi
  printf '%s\n' "$address"
}

start_program() { # LOG COMMAND...
  local log=$1
  shift
  if [ -f "$log" ] && [ "$(stat -c %s "$log")" -gt 10000000 ]; then mv -f "$log" "$log.1"; fi
  setsid "$@" >>"$log" 2>&1 </dev/null &
}

show_log() {
  printf '%s\n' "--- the end of $1" >&2
  tail -15 "$1" >&2 || true
}

endpoint() { sed -n 's/.*"'"$1"'": *"\([^"]*\)".*/\1/p' "$collector_data/endpoints.json"; }
# Where this machine reaches it: the wildcard addresses are all of its own.
local_address() { sed -e 's#0\.0\.0\.0:#127.0.0.1:#' -e 's#\[::\]:#[::1]:#' <<<"$1"; }

collector_answers() {
  [ -S "$collector_data/collector.sock" ] && [ -s "$collector_data/endpoints.json" ] &&
    curl -sf -m 2 -o /dev/null "$(local_address "$(endpoint http)")/-/ready"
}

abort() { # MESSAGE LOG
  show_log "$2"
  stop_all
  fail "$1"
}

started=no
if [ "$changed" = yes ] && [ -n "$(agent_pids)$(collector_pids)" ]; then
  say "      the programs have changed: the running ones are stopped"
  stop_all
fi

step 3/5 "collector: data in $collector_data, settings in $config"
if [ -n "$(collector_pids)" ]; then
  say "      already running (pid $(collector_pids | paste -sd' '))"
else
  agents_wanted=$(listen_setting agents 127.0.0.1:7443) http_wanted=$(listen_setting http 127.0.0.1:7480)
  agents_listen=$(choose agents "$agents_wanted")
  http_listen=$(choose http "$http_wanted")
  mkdir -p "$collector_data"
  chmod 700 "$collector_data"
  rm -f "$collector_data/endpoints.json"
  start_program "$collector_log" "$bin/steward-collector" serve --config "$config" --data "$collector_data" \
    --agents-listen "$agents_listen" --http-listen "$http_listen"
  collector_pid=$! started=yes
  deadline=$((SECONDS + 30))
  until collector_answers; do
    [ -e "/proc/$collector_pid" ] || abort "the collector did not start; why is in its log above ($collector_log)" "$collector_log"
    [ $SECONDS -lt $deadline ] || abort "the collector does not answer after 30 s ($collector_log)" "$collector_log"
    sleep 0.1
  done
  {
    if [ "$agents_listen" != "$agents_wanted" ]; then printf 'agents %s %s\n' "$agents_wanted" "$(endpoint agents)"; fi
    if [ "$http_listen" != "$http_wanted" ]; then printf 'http %s %s\n' "$http_wanted" "$(endpoint http | sed 's#^http://##')"; fi
  } >"$dir/ports"
fi
agents_address=$(local_address "$(endpoint agents)")
url=$(local_address "$(endpoint http)")

# Enrolled at this collector, at the address it has now?
step 4/5 "agent: this machine, state in $agent_state"
if [ -d "$agent_state/identity" ] && ! cmp -s "$agent_state/identity/ca.crt" "$collector_data/ca.crt"; then
  kept=$agent_state.$(date +%Y%m%dT%H%M%S)
  say "      its identity is another collector's: kept as $kept, enrolled anew"
  mv "$agent_state" "$kept"
fi
if [ ! -d "$agent_state/identity" ]; then
  token=$("${ctl[@]}" --json token create --uses 1 --expires 1h --address "$agents_address" | sed -n 's/.*"token": *"\([^"]*\)".*/\1/p' | head -1)
  [ -n "$token" ] || abort "the collector made no enrolment token" "$collector_log"
  "$bin/steward-agent" enroll "$token" --state "$agent_state" >>"$agent_log" 2>&1 || abort "the agent could not be enrolled" "$agent_log"
  say "      enrolled"
fi
if [ -n "$(agent_pids)" ]; then
  say "      already running (pid $(agent_pids | paste -sd' '))"
else
  # Where the collector is now: with --any-port it may have moved since the enrolment.
  printf '# Written at each start by quickstart.sh.\n[collector]\naddresses = ["%s"]\n' "$agents_address" >"$dir/agent.toml"
  start_program "$agent_log" "$bin/steward-agent" run --config "$dir/agent.toml" --state "$agent_state"
  started=yes
fi

step 5/5 "first data"
first_data() {
  "${ctl[@]}" --json machines 2>/dev/null | grep -q '"up": *true' &&
    curl -sf -m 5 "$url/metrics" | grep '^node_cpu_seconds_total{' >/dev/null
}
deadline=$((SECONDS + first_data_seconds))
until first_data; do
  [ -n "$(agent_pids)" ] || abort "the agent has ended; why is in its log above ($agent_log)" "$agent_log"
  [ -n "$(collector_pids)" ] || abort "the collector has ended; why is in its log above ($collector_log)" "$collector_log"
  [ $SECONDS -lt $deadline ] || { show_log "$agent_log"; abort "no data after $first_data_seconds s" "$collector_log"; }
  sleep 0.3
done

show_where() {
  cat <<TXT
  in a browser $url/
  metrics      $url/metrics
  Prometheus   $url/sd/prometheus  (HTTP service discovery; deploy/prometheus/prometheus.yml)
  agents       $agents_address
  ask it       ${ctl[*]} machines
               ${ctl[*]} issues
TXT
}

if [ "$mode" = detach ]; then
  say "running: this machine is watched"
  show_where
  say "  stop it      $root/deploy/quickstart.sh --stop --data $dir"
  exit 0
fi

# --- live view ---

# field NAME JSON: a value of a flat JSON object.
field() { sed -n 's/.*"'"$1"'": *"\{0,1\}\([^",}]*\).*/\1/p' <<<"$2" | head -1; }

status_lines() {
  local status acknowledged age='not yet' rate
  status=$("${ctl[@]}" --json status 2>/dev/null | tr -d '\n' || true)
  acknowledged=$("$bin/steward-agent" status --state "$agent_state" --json 2>/dev/null | tr -d '\n' || true)
  acknowledged=$(field lastAcknowledgedTime "$acknowledged")
  if [ -n "$acknowledged" ]; then age="$(($(date +%s) - $(date -d "$acknowledged" +%s))) s ago"; fi
  rate=$(field samplesPerSecond "$status")
  printf '  machine      %s, %s of %s up\n' "$(uname -n)" "$(field machinesUp "$status" | grep . || echo 0)" "$(field machines "$status" | grep . || echo 0)"
  printf '  samples/s    %.1f\n' "${rate:-0}"
  printf '  acknowledged %s\n' "$age"
  printf '  open issues  %s\n' "$(field openIssues "$status" | grep . || echo 0)"
}

leave() {
  trap - INT TERM HUP
  if [ "$started" = yes ]; then
    printf '\nstopping\n'
    stop_all
    say "stopped; the data stays in $dir"
  else
    printf '\nboth programs go on, as before; to stop them: %s --stop --data %s\n' "$root/deploy/quickstart.sh" "$dir"
  fi
  exit 0
}
trap leave INT TERM HUP

show_where
say "  Ctrl-C $([ "$started" = yes ] && echo 'stops both programs' || echo 'ends this view')"
lines=0
while true; do
  text=$(status_lines)
  if [ -t 1 ]; then
    if [ $lines -gt 0 ]; then printf '\033[%dA' $lines; fi
    while IFS= read -r line; do printf '\033[2K%s\n' "$line"; done <<<"$text"
    lines=$(wc -l <<<"$text")
  else
    printf '%s\n' "$text" | paste -sd' ' | tr -s ' '
  fi
  [ -n "$(agent_pids)" ] || abort "the agent has ended; why is in its log above ($agent_log)" "$agent_log"
  [ -n "$(collector_pids)" ] || abort "the collector has ended; why is in its log above ($collector_log)" "$collector_log"
  # A wait that a signal ends at once.
  sleep "$([ -t 1 ] && echo 2 || echo 15)" & wait $! || true
done
