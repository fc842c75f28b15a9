#!/usr/bin/env bash
# Installs what Debian 12 has and this machine lacks. With nothing missing it needs no root and no network, and is done at once.
set -euo pipefail

usage() {
  cat <<'TXT'
usage: deploy/dependencies.sh [--build] [--test] [--fuzz] [--portable] [--arm64] [--check]

Installs what is missing from Debian's packages, for the purposes named (none named: --build and --test):
  --build     compiler, build tools and libraries: all that deploy/quickstart.sh needs
  --test      what tests/run.sh needs on top: test libraries, pytest, an SMTP server, Prometheus and its friends
  --fuzz      clang, for the fuzz targets of tests/run.sh --full
  --portable  what deploy/portable-agent.sh needs on top of --build
  --arm64     what deploy/portable-agent.sh --arch arm64 needs on top of --portable, and qemu to run the result
  --check     installs nothing: prints what is missing, one package a line, and ends with 1 if anything is
TXT
}

build_packages=(
  # tools
  g++ cmake ninja-build ccache pkg-config ca-certificates curl iproute2
  # the wire
  libgrpc++-dev libgrpc-dev protobuf-compiler-grpc protobuf-compiler libprotobuf-dev libabsl-dev libssl-dev
  # the programs
  libboost1.81-dev libboost-json1.81-dev libspdlog-dev libcli11-dev libtomlplusplus-dev
  libsqlite3-dev libsqlitecpp-dev libcurl4-openssl-dev prometheus-cpp-dev libzstd-dev libsnappy-dev libre2-dev
)
test_packages=(
  libgtest-dev libgmock-dev
  python3 python3-pytest python3-pytest-xdist python3-aiosmtpd
  git e2fsprogs mount openssl
  prometheus prometheus-node-exporter prometheus-alertmanager victoria-metrics
)
fuzz_packages=(clang-14 libclang-rt-14-dev)
# Tools for source packages, and the libraries whose static archives are taken as they are.
portable_packages=(binutils debian-archive-keyring dpkg-dev make perl libc-ares-dev libre2-dev zlib1g-dev)
arm64_packages=(g++-aarch64-linux-gnu libc6-dev-arm64-cross qemu-user-static)
# These bring services that nobody asked for: they are kept from starting, now and at the next boot.
service_packages=(prometheus prometheus-node-exporter prometheus-alertmanager victoria-metrics)

say() { printf '%s\n' "$*" >&2; }
fail() { say "dependencies: $*"; exit 1; }

# Prints those of the packages named that are not installed.
missing_of() {
  local installed
  installed=$(dpkg-query -W -f='${db:Status-Abbrev} ${Package}\n' "$@" 2>/dev/null | awk '$1 == "ii" { print $2 }' || true)
  local package
  for package in "$@"; do
    grep -qxF -- "$package" <<<"$installed" || printf '%s\n' "$package"
  done
}

# --- what follows up to main runs as root only ---

policy=/usr/sbin/policy-rc.d
saved_policy=/usr/sbin/policy-rc.d.before-steward
policy_mark='# made by dependencies.sh for one apt-get run'

# invoke-rc.d asks this file whether a package may start its service.
deny_services() {
  restore_services  # of a run that was killed
  if [ -e "$policy" ]; then mv "$policy" "$saved_policy"; fi
  printf '#!/bin/sh\n%s\nexit 101\n' "$policy_mark" >"$policy"
  chmod 755 "$policy"
}

restore_services() {
  if [ -e "$policy" ] && grep -qxF "$policy_mark" "$policy"; then rm -f "$policy"; fi
  if [ -e "$saved_policy" ]; then mv "$saved_policy" "$policy"; fi
}

# Packages without a candidate in the lists on this machine.
unknown_of() {
  local package
  for package in "$@"; do
    apt-cache show --no-all-versions "$package" >/dev/null 2>&1 || printf '%s\n' "$package"
  done
}

install_as_root() {
  export DEBIAN_FRONTEND=noninteractive
  local apt=(apt-get -y -q -o DPkg::Lock::Timeout=300 -o Acquire::Retries=3 -o Dpkg::Use-Pty=0)
  trap restore_services EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM
  deny_services
  local fresh=no
  if [ -n "$(unknown_of "$@")" ]; then
    say "dependencies: apt-get update"
    # A list that is not ours may be broken; what counts is whether our packages are known afterwards.
    "${apt[@]}" update >&2 || say "dependencies: apt-get update had errors, going on"
    fresh=yes
    local unknown
    unknown=$(unknown_of "$@" | paste -sd' ')
    [ -z "$unknown" ] || fail "apt does not know: $unknown. Steward builds on Debian 12 (bookworm) with its main archive in the apt sources."
  fi
  say "dependencies: apt-get install --no-install-recommends $*"
  if ! "${apt[@]}" install --no-install-recommends "$@" >&2; then
    [ "$fresh" = no ] || fail "apt-get install failed; its own words are above"
    say "dependencies: once more, after apt-get update"
    "${apt[@]}" update >&2 || true
    "${apt[@]}" install --no-install-recommends "$@" >&2 || fail "apt-get install failed; its own words are above"
  fi
  local package
  for package in "$@"; do
    case " ${service_packages[*]} " in
      *" $package "*)
        if command -v deb-systemd-helper >/dev/null; then deb-systemd-helper disable "$package.service" >/dev/null 2>&1 || true; fi ;;
    esac
  done
}

main() {
  if [ "${1-}" = --install-as-root ]; then
    shift
    install_as_root "$@"
    return
  fi
  local check=no purposes=()
  while [ $# -gt 0 ]; do
    case $1 in
      --build | --test | --fuzz | --portable | --arm64) purposes+=("${1#--}") ;;
      --check) check=yes ;;
      -h | --help) usage; exit 0 ;;
      *) say "dependencies: unknown option $1"; usage >&2; exit 2 ;;
    esac
    shift
  done
  [ ${#purposes[@]} -gt 0 ] || purposes=(build test)
  command -v dpkg-query >/dev/null || fail "this is no Debian (no dpkg-query): install by hand what --build and --test list in $0"

  local wanted=() purpose
  for purpose in "${purposes[@]}"; do
    local -n list=${purpose}_packages
    wanted+=("${list[@]}")
  done
  local missing
  mapfile -t missing < <(missing_of "${wanted[@]}")
  if [ ${#missing[@]} -eq 0 ]; then
    return 0
  fi
  if [ "$check" = yes ]; then
    printf '%s\n' "${missing[@]}"
    exit 1
  fi
  say "dependencies: missing: ${missing[*]}"
  if [ "$(id -u)" -eq 0 ]; then
    install_as_root "${missing[@]}"
  else
    command -v sudo >/dev/null ||
      fail "no right to install them and no sudo. As root: apt-get install --no-install-recommends ${missing[*]}"
    local self
    self=$(readlink -f "${BASH_SOURCE[0]}")
    say "dependencies: sudo $self --install-as-root ${missing[*]}"
    sudo -- bash "$self" --install-as-root "${missing[@]}"
  fi
  mapfile -t missing < <(missing_of "${wanted[@]}")
  [ ${#missing[@]} -eq 0 ] || fail "still missing after the installation: ${missing[*]}"
}

main "$@"
