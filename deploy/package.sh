#!/usr/bin/env bash
# Makes the packages: steward-agent, steward-collector (with stewardctl) and steward-fleet, as .deb and, where rpmbuild is there, .rpm.
set -euo pipefail

usage() {
  cat <<'TXT'
usage: deploy/package.sh [--agent FILE] [--only agent|collector|fleet] [--version V] [--build DIR] [--out DIR]

  --agent FILE   packs this agent, built elsewhere (deploy/portable-agent.sh), instead of the one it builds
  --only PART    makes the packages of that part alone
  --version V    the packages' version, for example 1.2.0; by default the programs' own
  --build DIR    takes this build directory of the clone (by default build/packages/build, made if it is not there)
  --out DIR      where the packages are put (by default build/packages); older ones of the same name are replaced

The .deb files need what the programs were linked with on this machine: make them on the oldest Debian they are for.
TXT
}

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# Debian's own tools and libraries, whatever else comes first on the caller's PATH.
export PATH=/usr/sbin:/usr/bin:/sbin:/bin
export CCACHE_BASEDIR=${CCACHE_BASEDIR:-$root} CCACHE_NOHASHDIR=${CCACHE_NOHASHDIR:-1}

say() { printf '%s\n' "$*"; }
fail() { printf 'package: %s\n' "$*" >&2; exit 1; }
wrong() { printf 'package: %s\n' "$*" >&2; usage >&2; exit 2; }

agent='' parts=(agent collector fleet) version='' build=$root/build/packages/build out=$root/build/packages
while [ $# -gt 0 ]; do
  case $1 in
    --agent | --only | --version | --build | --out)
      [ -n "${2-}" ] || wrong "$1 needs a value" ;;&
    --agent) agent=$2 ;;
    --only) parts=("$2") ;;
    --version) version=$2 ;;
    --build) build=$2 ;;
    --out) out=$2 ;;
    -h | --help) usage; exit 0 ;;
    *) wrong "unknown option $1" ;;
  esac
  shift 2
done
case ${parts[*]} in agent | collector | fleet | 'agent collector fleet') ;; *) wrong "--only takes agent, collector or fleet, not '${parts[*]}'" ;; esac
# Debian's and rpm's rules for a version differ; this is what both take.
[ -z "$version" ] || [[ $version =~ ^[0-9][0-9A-Za-z.~+]*$ ]] || wrong "--version $version: it begins with a digit and has only digits, letters and . ~ +"
build=$(realpath -m -- "$build") out=$(realpath -m -- "$out")

# architecture_of FILE: Debian's name for it.
architecture_of() {
  case $(readelf -h "$1" 2>/dev/null | sed -n 's/^ *Machine: *//p') in
    *X86-64) echo amd64 ;;
    AArch64) echo arm64 ;;
    *) fail "$1 is no program for x86-64 or arm64" ;;
  esac
}
architecture=''
if [ -n "$agent" ]; then
  [ -f "$agent" ] || fail "--agent $agent: there is no such file; deploy/portable-agent.sh makes one"
  agent=$(realpath -- "$agent")
  architecture=$(architecture_of "$agent")
fi

"$root/deploy/dependencies.sh" --build
for tool in dpkg-shlibdeps:dpkg-dev file:file; do
  [ -x "/usr/bin/${tool%:*}" ] || fail "${tool%:*} is missing: apt install ${tool#*:}"
done

# --- build ---

mkdir -p "$out"
log=$out/build.log
run() { "$@" >>"$log" 2>&1 || { tail -30 "$log" >&2; fail "failed: $*; its log is $log"; }; }
: >"$log"
options=(-DSTEWARD_PACKAGED_AGENT="$agent" -DSTEWARD_PACKAGED_ARCHITECTURE="$architecture")
cd "$root"
if [ -f "$build/build.ninja" ]; then
  run cmake -B "$build" "${options[@]}"
else
  run cmake --preset release -B "$build" -DSTEWARD_BUILD_TESTS=OFF -DSTEWARD_BUILD_BENCH=OFF "${options[@]}"
fi
grep -q '^CMAKE_BUILD_TYPE:[A-Z]*=Release$' "$build/CMakeCache.txt" || fail "$build is not a release build"
# All even for one part, because CMake's install step wants every target of its rules.
targets=(steward-collector stewardctl steward-fleet)
[ -n "$agent" ] || targets+=(steward-agent)
say "build: the first takes some minutes (log: $log)"
run ninja -C "$build" "${targets[@]}"

# --- pack ---

generators=(DEB)
if [ -x /usr/bin/rpmbuild ]; then generators+=(RPM); else say "no rpmbuild here (apt install rpm): no .rpm"; fi
work=$out/work
rm -rf "$work"
for generator in "${generators[@]}"; do
  run cpack -G "$generator" --config "$build/CPackConfig.cmake" -B "$work" -D CPACK_COMPONENTS_ALL="$(IFS=';'; printf '%s' "${parts[*]}")" ${version:+-R "$version"}
done
for package in "$work"/*.deb "$work"/*.rpm; do
  [ -f "$package" ] || continue
  mv -f "$package" "$out/"
  say "$(stat -c %s "$out/${package##*/}") bytes  $out/${package##*/}"
done
rm -rf "$work"
