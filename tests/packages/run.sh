#!/usr/bin/env bash
# The life of the packages in a clean Debian: install, enrol, data, upgrade, remove, purge. In a root made by debootstrap, in
# namespaces of its own: its processes, mounts and network are not this machine's. There is no systemd in it; the units'
# ExecStart lines are run as the units' users.
set -euo pipefail

usage() {
  cat <<'TXT'
usage: tests/packages/run.sh [--build DIR|--packages DIR] [--root DIR] [--keep]

  --build DIR   a release build directory, by default build/release
  --packages DIR  where the .deb files are, made by deploy/package.sh
  --root DIR    a minimal Debian 12 made by debootstrap, which is copied; without it one is made
  --keep        leaves the root behind, and says where
TXT
}

here=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
export PATH=/usr/sbin:/usr/bin:/sbin:/bin
build=$here/build/release packages='' base='' keep=no
while [ $# -gt 0 ]; do
  case $1 in
    --build) build=${2-}; shift ;;
    --packages) packages=${2-}; shift ;;
    --root) base=${2-}; shift ;;
    --keep) keep=yes ;;
    -h | --help) usage; exit 0 ;;
    *) printf 'packages: unknown option %s\n' "$1" >&2; usage >&2; exit 2 ;;
  esac
  shift
done

skip() { printf '%s\n' "NOT TESTED: packages: $*"; exit 0; }
fail() { printf 'packages: FAILED: %s\n' "$*" >&2; exit 1; }
passed=0
ok() { passed=$((passed + 1)); printf 'ok %d - %s\n' $passed "$*"; }
[ "$(id -u)" = 0 ] || skip "needs root"
command -v debootstrap >/dev/null || skip "needs debootstrap (apt install debootstrap)"
unshare --mount --pid --net --fork true 2>/dev/null || skip "this machine does not allow namespaces"

# --- the units, as systemd judges them ---

if command -v systemd-analyze >/dev/null; then
  for unit in agent:20 agent-helper:30 collector:20; do
    verdict=$(systemd-analyze security --offline=true "$here/deploy/systemd/steward-${unit%:*}.service" --no-pager | tail -1)
    printf '%s\n' "$verdict"
    tenths=$(sed -n 's/.*: \([0-9]*\)\.\([0-9]\).*/\1\2/p' <<<"$verdict")
    [ "$((10#$tenths))" -le "${unit#*:}" ] || fail "the ${unit%:*}'s unit is more exposed than ${unit#*:} tenths"
    ok "the ${unit%:*}'s unit is closed"
  done
else
  printf 'NOT TESTED: exposure of the units (apt install systemd)\n'
fi

# --- two versions of the packages ---

temporary=$(mktemp -d)
clean=$temporary/root
inside=''  # the process whose namespaces are the clean machine's
leave() {
  [ -z "$inside" ] || kill -KILL "$inside" 2>/dev/null || true
  { wait || true; } 2>/dev/null
  if [ "$keep" = yes ]; then printf 'kept: %s\n' "$temporary"; else rm -rf --one-file-system "$temporary"; fi
}
trap leave EXIT
mkdir "$temporary/old" "$temporary/new"
if [ -n "$packages" ]; then
  cp "$packages"/steward-{agent,collector,fleet}_*_amd64.deb "$temporary/old/" || fail "--packages $packages: no packages for amd64"
  cp "$packages"/steward-*.rpm "$temporary/old/" 2>/dev/null || true
else
  "$here/deploy/package.sh" --build "$build" --out "$temporary/old"
  "$here/deploy/package.sh" --build "$build" --out "$temporary/rpm" --only agent --version 99.0
fi
mkdir "$temporary/quick"
cp "$temporary"/old/steward-{agent,collector,fleet}_*_amd64.deb "$temporary/quick/"
# The new one differs by its version alone.
for part in agent collector; do
  dpkg-deb --raw-extract "$temporary"/old/steward-${part}_*_amd64.deb "$temporary/tree"
  sed -i 's/^Version: .*/Version: 99.0/' "$temporary/tree/DEBIAN/control"
  dpkg-deb --root-owner-group -Zgzip -z1 --build "$temporary/tree" "$temporary/new/steward-${part}_99.0_amd64.deb" >/dev/null
  rm -r "$temporary/tree"
  mv "$temporary"/old/steward-${part}_*_amd64.deb "$temporary/old/steward-${part}.deb"
done

# --- the clean machine ---

if [ -n "$base" ]; then
  cp -a "$base" "$clean"
else
  debootstrap --variant=minbase bookworm "$clean" >"$temporary/debootstrap.log" 2>&1 || { tail "$temporary/debootstrap.log"; fail "debootstrap"; }
fi
cp "$temporary"/old/*.deb "$temporary"/new/*.deb "$clean/root/"
cp /etc/resolv.conf "$clean/etc/"
# apt keeps this machine's way to Debian's packages.
apt-config dump | grep -E '^Acquire::[a-z]+::Proxy ' >"$clean/etc/apt/apt.conf.d/90proxy" || true
printf '#!/bin/sh\nexit 101\n' >"$clean/usr/sbin/policy-rc.d"
chmod 755 "$clean/usr/sbin/policy-rc.d"
unshare --mount --pid --net --uts --fork --kill-child bash -c '
  mount --make-rprivate / && mount -t proc proc "$1/proc" && ip link set lo up && hostname clean-machine &&
  touch "$1/ready" && exec sleep infinity' _ "$clean" &
for _ in $(seq 100); do [ ! -e "$clean/ready" ] || break; sleep 0.1; done
rm "$clean/ready" || fail "the namespaces were not made"
inside=$(pgrep -P $!)

# On the clean machine; on_line: with this machine's network, for apt.
on() { nsenter --target "$inside" --mount --pid --net --uts chroot "$clean" "$@"; }
on_line() { nsenter --target "$inside" --mount --pid chroot "$clean" env DEBIAN_FRONTEND=noninteractive "$@" >>"$temporary/apt.log" 2>&1 ||
  { tail -20 "$temporary/apt.log"; fail "$*"; }; }
# What its unit does: the ExecStart line as User.
start() {
  local unit=$clean/usr/lib/systemd/system/steward-$1.service user line
  user=$(sed -n 's/^User=//p' "$unit") line=$(sed -n 's/^ExecStart=//p' "$unit")
  on runuser -u "$user" -- sh -c "umask 0077; cd /; exec $line" >>"$temporary/$1.log" 2>&1 &
}
pid_in() { on sh -c "for p in /proc/[0-9]*; do [ \"\$(readlink \$p/exe)\" = /usr/bin/steward-$1 ] && echo \${p#/proc/}; done" || true; }
stop() { local pid; pid=$(pid_in "$1"); [ -n "$pid" ] && on sh -c "kill -TERM ${pid//$'\n'/ }"; until_true "the $1 has ended" has_ended "$1"; }
has_ended() { [ -z "$(pid_in "$1")" ]; }
until_true() { # WHAT COMMAND...
  local what=$1 deadline=$((SECONDS + 60))
  shift
  until "$@"; do
    [ $SECONDS -lt $deadline ] || { tail -5 "$temporary"/*.log; fail "not within 60 s: $what"; }
    sleep 0.1
  done
}
is_ready() { on stewardctl machines >/dev/null 2>&1; }
has_data() { on stewardctl --json samples clean-machine node_load1 --from 1h 2>/dev/null | grep -q '"value"'; }
has_answers() { on stewardctl inventory search room 2>/dev/null | grep -q 2.14 || on stewardctl machine show clean-machine 2>/dev/null | grep -q 2.14; }
is_acknowledged() { on steward-agent status --json 2>/dev/null | grep -q '"lastAcknowledgedTime": *"[0-9]'; }
ask() { # USER: what the helper tells that user
  on runuser -u "$1" -- perl -MIO::Socket::UNIX -e '
    my $helper = IO::Socket::UNIX->new("/run/steward-agent/helper.sock") or die "$!\n";
    print $helper "shadow-state 5000\n"; print <$helper>' 2>&1 || true
}
sha() { on sha256sum "$@" | sha256sum; }

# --- install ---

on_line apt-get -q update
on_line apt-get -y -q --no-install-recommends install ./root/steward-collector.deb
[ "$(on stat -c '%U %a' /var/lib/steward-collector)" = 'steward 700' ] || fail "the collector's directory is not its user's alone"
on steward-collector check-config /etc/steward/collector.toml >/dev/null
start collector
until_true "the collector answers stewardctl" is_ready
ok "collector: installed, started by its unit's line, answers root's stewardctl"

token=$(on stewardctl token create --address 127.0.0.1:7443 2>/dev/null)
# apt fetches what the agent needs beforehand: the one line is then free of the network's speed.
on_line apt-get -y -q --no-install-recommends --download-only install ./root/steward-agent.deb
began=$SECONDS
printf 'room = "2.14"\n' >"$clean/root/answers.toml"
install -m 755 "$here/deploy/install-agent.sh" "$clean/root/"
on sh -c "cd /root && echo $token | ./install-agent.sh steward-agent.deb - --answers answers.toml" \
  >>"$temporary/apt.log" 2>&1 || { tail "$temporary/apt.log"; fail "the one line"; }
others=$(on find /var/lib/steward-agent ! -user steward-agent)
[ -z "$others" ] || fail "enrolment as root left files that the service cannot read: $others"
[ "$(on stat -c '%U %a' /var/lib/steward-agent)" = 'steward-agent 700' ] || fail "the agent's directory is not its user's alone"
start agent
until_true "first data" has_data
seconds=$((SECONDS - began))
[ $seconds -lt 60 ] || fail "from the install to the first data: $seconds s"
until_true "the answers" has_answers
ok "agent: by install-agent.sh, from the install to the first data $seconds s"
printf '%s\n' "what the service's user cannot read:" && on runuser -u steward-agent -- steward-agent probe 2>/dev/null | grep -i -E 'permi|not allowed' | head -20 || true
# What only root knows comes from the helper, which systemd would have started by its socket.
on steward-agent helper >>"$temporary/helper.log" 2>&1 &
until_true "the helper listens" on test -S /run/steward-agent/helper.sock
[[ $(ask steward-agent) == "ok "*root* ]] || fail "the helper does not answer the service's user: $(ask steward-agent)"
[[ $(ask nobody) == *"Permission denied"* ]] || fail "the helper answers strangers: $(ask nobody)"
ok "root's helper answers the service's user, and nobody else"
on steward-agent status >/dev/null || fail "root's steward-agent status"

# --- upgrade: what systemd does at the end of it, a restart, is done by hand ---

identity=$(sha /var/lib/steward-agent/identity/machine.key /var/lib/steward-agent/identity/identity.json)
authority=$(sha /var/lib/steward-collector/ca.key)
stop collector  # so that the agent's spool holds something
on sh -c 'echo "# my own line" >>/etc/steward/collector.toml'
stop agent
spool=$(on sh -c 'ls -l --full-time -R /var/lib/steward-agent/spool*')
on_line apt-get -y -q install ./root/steward-collector_99.0_amd64.deb ./root/steward-agent_99.0_amd64.deb
[ "$(on dpkg-query -W -f '${Version}' steward-agent)" = 99.0 ] || fail "the agent was not upgraded"
[ "$identity" = "$(sha /var/lib/steward-agent/identity/machine.key /var/lib/steward-agent/identity/identity.json)" ] || fail "the upgrade changed the identity"
[ "$spool" = "$(on sh -c 'ls -l --full-time -R /var/lib/steward-agent/spool*')" ] || fail "the upgrade touched the spool"
[ "$authority" = "$(sha /var/lib/steward-collector/ca.key)" ] || fail "the upgrade changed the authority"
on grep -q 'my own line' /etc/steward/collector.toml || fail "the upgrade changed the settings"
start collector
until_true "the upgraded collector answers" is_ready
start agent
until_true "the upgraded agent is at work" is_acknowledged
[ "$(on stewardctl --json machines | grep -o '"hostName"' | wc -l)" = 1 ] || fail "the upgrade made another machine"
ok "upgrade: identity, spool, authority and settings kept; the same machine is up again"

# --- remove and purge ---

stop agent
stop collector
on_line apt-get -y -q remove steward-agent steward-collector
[ ! -e "$clean/usr/bin/steward-agent" ] || fail "remove left the program"
[ "$identity" = "$(sha /var/lib/steward-agent/identity/machine.key /var/lib/steward-agent/identity/identity.json)" ] || fail "remove changed the identity"
ok "remove: the programs go, identity and data stay"
on_line apt-get -y -q purge steward-agent steward-collector
left=$(on find / -xdev \( -path /proc -o -path /root -o -path /var/log -o -path /var/cache \) -prune -o -iname '*steward*' -print)
[ -z "$left" ] || fail "purge left: $left"
! on getent passwd steward steward-agent || fail "purge left a user"
! on getent group steward steward-agent || fail "purge left a group"
ok "purge: nothing is left"

# --- the .rpm, by rpm itself. There is no Fedora here: the libraries are those of before, what it wants of a Fedora is not looked at ---

rpm_of() { find "$1" -name "steward-$2-*.x86_64.rpm"; }
if [ -n "$(rpm_of "$temporary/old" agent)" ]; then
  for part in agent collector; do cp "$(rpm_of "$temporary/old" $part)" "$clean/root/$part.rpm"; done
  on_line apt-get -y -q --no-install-recommends install rpm
  on rpm --initdb
  on rpm --install --nodeps /root/collector.rpm /root/agent.rpm >>"$temporary/rpm.log" 2>&1 || { tail "$temporary/rpm.log"; fail "rpm --install"; }
  on rpm --verify --nodeps steward-agent steward-collector || fail "what rpm installed is not what the package says"
  start collector
  until_true "the collector of the .rpm answers" is_ready
  on sh -c 'steward-agent enroll "$(stewardctl token create --address 127.0.0.1:7443 2>/dev/null)"' >>"$temporary/rpm.log" 2>&1 || { tail "$temporary/rpm.log"; fail "enrol"; }
  start agent
  until_true "first data of the agent of the .rpm" has_data
  identity=$(sha /var/lib/steward-agent/identity/machine.key /var/lib/steward-agent/identity/identity.json)
  stop agent
  stop collector
  if [ -n "$(rpm_of "$temporary/rpm" agent)" ]; then
    cp "$(rpm_of "$temporary/rpm" agent)" "$clean/root/agent-99.rpm"
    on rpm --upgrade --nodeps /root/agent-99.rpm || fail "rpm --upgrade"
    [ "$(on rpm --query --queryformat '%{VERSION}' steward-agent)" = 99.0 ] || fail "rpm did not upgrade the agent"
  fi
  on sh -c 'echo "# my own line" >>/etc/steward/collector.toml'
  on rpm --erase steward-agent steward-collector || fail "rpm --erase"
  [ ! -e "$clean/usr/bin/steward-agent" ] || fail "rpm --erase left the program"
  [ "$identity" = "$(sha /var/lib/steward-agent/identity/machine.key /var/lib/steward-agent/identity/identity.json)" ] || fail "rpm changed the identity"
  on grep -q 'my own line' /etc/steward/collector.toml.rpmsave || fail "rpm --erase lost the settings"
  on sh -c 'rm -rf /var/lib/steward-* /etc/steward && userdel steward && userdel steward-agent'
  ok ".rpm: installed, at work, upgraded and erased by rpm; identity and settings kept"
else
  printf 'NOT TESTED: .rpm (apt install rpm)\n'
fi
# --- quickstart from released packages: no build, and nothing installed but what they need ---

mkdir -p "$clean/root/clone/packages"
cp -r "$here/deploy" "$clean/root/clone/"
cp "$temporary"/quick/*.deb "$clean/root/clone/packages/"
on_line apt-get -y -q --no-install-recommends install curl iproute2
on /root/clone/deploy/quickstart.sh --detach >"$temporary/quickstart.log" 2>&1 || { tail -20 "$temporary/quickstart.log"; fail "quickstart from packages"; }
[ ! -e "$clean/root/clone/build" ] || fail "quickstart built although there are packages"
for program in steward-agent steward-collector stewardctl steward-fleet; do
  on "/root/clone/.steward/bin/$program" --help >/dev/null || fail "quickstart left no $program that runs"
done
on /root/clone/.steward/bin/stewardctl --data /root/clone/.steward/collector --json samples clean-machine node_load1 --from 1h |
  grep -q '"value"' || fail "quickstart from packages shows no data"
on /root/clone/deploy/quickstart.sh --stop >>"$temporary/quickstart.log" 2>&1 || fail "quickstart --stop"
ok "quickstart takes released packages: $(grep -c . "$temporary/quickstart.log") lines, no build"
printf 'packages: %d checks passed\n' $passed
