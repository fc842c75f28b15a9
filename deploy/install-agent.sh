#!/usr/bin/env bash
# On a machine to be watched: installs the agent's package, enrols the machine, starts the service. Can be run again.
set -euo pipefail

usage() {
  cat <<'TXT'
usage: install-agent.sh PACKAGE TOKEN [--answers FILE]

  PACKAGE          steward-agent_<version>_<architecture>.deb, or .rpm
  TOKEN            the text that `stewardctl token create` printed; - reads it from stdin, so that no list of processes shows it
  --answers FILE   what no probe can read (room, holder, ...), as for `steward-agent enroll`

A machine that is enrolled already keeps its identity: then this is an upgrade, and the token is not used.
TXT
}

fail() { printf 'install-agent: %s\n' "$*" >&2; exit 1; }
wrong() { printf 'install-agent: %s\n' "$*" >&2; usage >&2; exit 2; }

answers=() given=()
while [ $# -gt 0 ]; do
  case $1 in
    --answers) [ -n "${2-}" ] || wrong "--answers needs a file"; answers=(--answers "$2"); shift ;;
    -h | --help) usage; exit 0 ;;
    -?*) wrong "unknown option $1" ;;
    *) given+=("$1") ;;
  esac
  shift
done
[ ${#given[@]} -eq 2 ] || wrong "it takes a package and a token"
package=$(realpath -m -- "${given[0]}") token=${given[1]}
[ "$(id -u)" = 0 ] || fail "run as root (sudo)"
[ -f "$package" ] || fail "$package: there is no such file"
[ "$token" != - ] || IFS= read -r token || [ -n "$token" ] || fail "no token came by stdin"

case $package in
  *.deb) DEBIAN_FRONTEND=noninteractive apt-get -y -q --no-install-recommends -o Dpkg::Options::=--force-confold install "$package" ;;
  *.rpm) if command -v dnf >/dev/null; then dnf -y install "$package"; else rpm -U --replacepkgs "$package"; fi ;;
  *) wrong "$package is neither .deb nor .rpm" ;;
esac
[ -e /var/lib/steward-agent/identity/identity.json ] || steward-agent enroll "$token" "${answers[@]}"
if [ -d /run/systemd/system ]; then
  systemctl enable --now steward-agent
else
  printf 'no systemd here: start it as its user, runuser -u steward-agent -- steward-agent run\n'
fi
