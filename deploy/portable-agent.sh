#!/usr/bin/env bash
# Builds steward-agent as one file that needs nothing of the machine it is copied to: no library, no glibc version. The
# libraries come from Debian's source packages, built for size, once; they are kept and found again by the next build.
set -euo pipefail

usage() {
  cat <<'TXT'
usage: deploy/portable-agent.sh [--arch amd64|arm64] [--cache DIR] [--output DIR] [--refresh] [--jobs N]

  --arch A       for which machines (by default this one's kind); arm64 is cross-compiled on amd64
  --cache DIR    where sources and built libraries are kept (by default .deps/portable beside this clone's README)
  --output DIR   where steward-agent is put (by default build/portable, or build/portable-arm64 if that is not this machine's kind)
  --refresh      asks Debian for newer sources, and builds anew what has changed
  --jobs N       compilers at a time (by default one a core)

The first build fetches the sources and takes some quarter of an hour on two idle cores; the next ones need no network.
TXT
}

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# Debian's own tools, whatever else comes first on the caller's PATH.
export PATH=/usr/sbin:/usr/bin:/sbin:/bin
export CCACHE_BASEDIR=${CCACHE_BASEDIR:-$root} CCACHE_NOHASHDIR=${CCACHE_NOHASHDIR:-1}

say() { printf '%s\n' "$*"; }
fail() { printf 'portable-agent: %s\n' "$*" >&2; exit 1; }
step() { printf '[%s] %s\n' "$1" "$2"; }
misused() { printf 'portable-agent: %s\n' "$*" >&2; usage >&2; exit 2; }

native=$(dpkg --print-architecture 2>/dev/null) || fail "builds on Debian 12 only"
cache=$root/.deps/portable output='' refresh=no jobs=$(nproc) arch=$native
while [ $# -gt 0 ]; do
  case $1 in
    --arch | --cache | --output | --jobs)
      [ -n "${2-}" ] || misused "$1 needs a value"
      printf -v "${1#--}" %s "$2"
      shift ;;
    --arch=* | --cache=* | --output=* | --jobs=*)
      option=${1%%=*}
      printf -v "${option#--}" %s "${1#*=}" ;;
    --refresh) refresh=yes ;;
    -h | --help) usage; exit 0 ;;
    *) misused "unknown option $1" ;;
  esac
  shift
done
[[ $jobs =~ ^[1-9][0-9]*$ ]] || misused "--jobs needs a number from 1, not '$jobs'"
case $native-$arch in
  amd64-amd64 | arm64-arm64) kind='' ;;
  amd64-arm64) kind=-arm64 ;;
  *) misused "--arch takes amd64 or arm64, and amd64 is built on amd64 only; this machine is $native" ;;
esac
cache=$(realpath -m -- "$cache") output=$(realpath -m -- "${output:-$root/build/portable$kind}")
[[ $cache != *' '* ]] || fail "--cache $cache: the libraries' own builds cannot stand a blank in it"
# What the agent's CMake files call the chain: include/ and lib/ with static libraries.
chain=$cache/chain$kind built_in=$cache/build$kind

# --- how everything is compiled ---

# For size, each function and each object in a section of its own, so that the linker leaves out what nobody calls. The
# hardening is that of our own release build: this code faces the network.
hardening=(-fstack-protector-strong -fstack-clash-protection)
case $arch in
  amd64) hardening+=(-fcf-protection) machine=x86_64 ;;
  arm64) hardening+=(-mbranch-protection=standard) machine=aarch64 ;;
esac
# The tools for another machine's kind: their prefix, and what tells CMake to look for libraries in the chain alone.
tools='' cross=() cross_packages=()
if [ -n "$kind" ]; then
  tools=$machine-linux-gnu- cross_packages=(--arm64)
  cross=(
    -DCMAKE_SYSTEM_NAME=Linux -DCMAKE_SYSTEM_PROCESSOR=$machine -DCMAKE_LIBRARY_ARCHITECTURE=$machine-linux-gnu
    -DCMAKE_C_COMPILER="${tools}gcc" -DCMAKE_CXX_COMPILER="${tools}g++" -DCMAKE_FIND_ROOT_PATH="$chain;$chain/debian/usr"
    -DCMAKE_FIND_ROOT_PATH_MODE_PROGRAM=NEVER -DCMAKE_FIND_ROOT_PATH_MODE_LIBRARY=ONLY
    -DCMAKE_FIND_ROOT_PATH_MODE_INCLUDE=ONLY -DCMAKE_FIND_ROOT_PATH_MODE_PACKAGE=ONLY
  )
  export PKG_CONFIG_LIBDIR=$chain/debian/usr/lib/$machine-linux-gnu/pkgconfig PKG_CONFIG_SYSROOT_DIR=$chain/debian
fi
flags="-Os -DNDEBUG -fPIE -ffunction-sections -fdata-sections ${hardening[*]} -D_FORTIFY_SOURCE=2"

# Runs a command with its output in a log, and shows the log's end if it fails.
logged() { # LOG COMMAND...
  local log=$1
  shift
  printf '+ %s\n' "$*" >>"$log"
  "$@" >>"$log" 2>&1 </dev/null || { tail -30 "$log" >&2; fail "that failed; its log is $log"; }
}

# --- sources: by apt, with lists of our own, from the mirrors that this machine uses ---

apt_folder=$cache/apt
apt=(
  -o Dir::Etc::SourceList="$apt_folder/sources.list" -o Dir::Etc::SourceParts=/dev/null
  -o Dir::State::Lists="$apt_folder/lists" -o Dir::Cache="$apt_folder"
  -o Acquire::Languages=none -o Acquire::Retries=3
)
# As root apt would fetch as a user who may not write here.
if [ "$(id -u)" -eq 0 ]; then apt+=(-o APT::Sandbox::User=root); fi
keyring=/usr/share/keyrings/debian-archive-keyring.gpg

lists=unknown
update_lists() {
  mkdir -p "$apt_folder/lists/partial" "$apt_folder/archives/partial"
  apt-get indextargets --format '$(REPO_URI) $(RELEASE) $(COMPONENT)' 'Created-By: Packages' |
    awk -v keyring="$keyring" -v other="${kind#-}" '
      $2 ~ /^bookworm/ && $3 == "main" {
        print "deb-src [signed-by=" keyring "] " $1 " " $2 " " $3
        if (other != "") print "deb [arch=" other " signed-by=" keyring "] " $1 " " $2 " " $3
      }' |
    sort -u >"$apt_folder/sources.list"
  [ -s "$apt_folder/sources.list" ] || fail "the apt sources of this machine do not name Debian 12 (bookworm) main: add it"
  logged "$apt_folder/update.log" apt-get "${apt[@]}" update
  lists=updated
}

# The versions that Debian's signed lists have, newest first.
versions_of() { apt-cache "${apt[@]}" showsrc --only-source "$1" 2>/dev/null | sed -n 's/^Version: //p' | sort -Vru; }

# Puts the source, patched as Debian does it, at $cache/source/PACKAGE/tree; its version is beside it.
fetch() { # PACKAGE
  local package=$1 folder=$cache/source/$1 version newest='' fetched
  if [ -f "$folder/version" ] && [ "$refresh" = no ]; then return; fi
  if [ "$lists" != updated ]; then update_lists; fi
  for version in $(versions_of "$package"); do
    newest=${newest:-$version}
    if [ "$(cat "$folder/version" 2>/dev/null)" != "$version" ]; then
      rm -rf "$folder.new"
      mkdir -p "$folder.new"
      (cd "$folder.new" && apt-get "${apt[@]}" -q --only-source source "$package=$version" >"$cache/source/$package.log" 2>&1) || continue
      fetched=$(find "$folder.new" -mindepth 1 -maxdepth 1 -type d)
      mv "$fetched" "$folder.new/tree"
      printf '%s\n' "$version" >"$folder.new/version"
      # Its files bear the dates of the archive: what was built from another version would pass for newer.
      rm -rf "$folder" "$cache"/build*/"$package"
      mv "$folder.new" "$folder"
    fi
    # A security update's source may come to a mirror after its binaries.
    [ "$version" = "$newest" ] || say "      $package: the mirror does not give out $newest yet, $version is taken; --refresh later"
    return
  done
  [ -n "$newest" ] || fail "Debian's lists have no source package $package; see $apt_folder/update.log"
  fail "the source of $package could not be fetched; see $cache/source/$package.log"
}

# --- the libraries ---

# cmake_build PACKAGE TARGET OPTIONS...: configures and builds, in $built_in/PACKAGE.
cmake_build() {
  local package=$1 target=$2 log=$built_in/$1.log
  shift 2
  logged "$log" cmake -G Ninja -S "$cache/source/$package/tree" -B "$built_in/$package" \
    -DCMAKE_BUILD_TYPE=None -DCMAKE_C_FLAGS="$flags" -DCMAKE_CXX_FLAGS="$flags" -DCMAKE_CXX_STANDARD=17 \
    -DCMAKE_C_COMPILER_LAUNCHER=ccache -DCMAKE_CXX_COMPILER_LAUNCHER=ccache -DCMAKE_POLICY_DEFAULT_CMP0074=NEW \
    -DCMAKE_INSTALL_PREFIX="$chain" -DCMAKE_INSTALL_LIBDIR=lib -DCMAKE_PREFIX_PATH="$chain" -DBUILD_SHARED_LIBS=OFF "${cross[@]}" "$@"
  logged "$log" ninja -C "$built_in/$package" -j "$jobs" "$target"
}

build_abseil() { cmake_build abseil install -DABSL_PROPAGATE_CXX_STD=ON -DBUILD_TESTING=OFF; }
build_fmtlib() { cmake_build fmtlib install -DFMT_DOC=OFF -DFMT_TEST=OFF; }
build_spdlog() { cmake_build spdlog install -DSPDLOG_FMT_EXTERNAL=ON -DSPDLOG_BUILD_EXAMPLE=OFF -DSPDLOG_BUILD_TESTS=OFF; }

# The library alone; protoc is Debian's.
build_protobuf() {
  cmake_build protobuf install -Dprotobuf_BUILD_TESTS=OFF -Dprotobuf_BUILD_PROTOC_BINARIES=OFF \
    -Dprotobuf_WITH_ZLIB=OFF -Dprotobuf_BUILD_LIBPROTOC=OFF
}

# no-autoload-config: another distribution's openssl.cnf may name what this build does not have.
build_openssl() {
  local log=$built_in/openssl.log
  rm -rf "$built_in/openssl"
  mkdir -p "$built_in/openssl"
  cd "$built_in/openssl"
  logged "$log" env CC="ccache ${tools}gcc" AR="${tools}ar" RANLIB="${tools}ranlib" CFLAGS="$flags" "$cache/source/openssl/tree/Configure" "linux-$machine" \
    --prefix="$chain" --libdir=lib --openssldir=/etc/ssl \
    no-shared no-tests no-engine no-dso no-module no-legacy no-autoload-config no-comp no-ui-console \
    no-cms no-ct no-ts no-srp no-psk no-ssl3 no-dtls no-srtp no-sctp no-gost no-idea no-seed no-camellia no-aria \
    no-bf no-cast no-rc2 no-rc4 no-md4 no-mdc2 no-whirlpool no-rmd160 no-sm2 no-sm3 no-sm4 no-des
  logged "$log" make -j "$jobs" build_libs
  logged "$log" make install_dev
  cd - >/dev/null
}

# GRPC_NO_XDS, GRPC_NO_RLS: gRPC's own switches; nobody sends an agent to a service mesh. What only xDS uses is not compiled
# either: a third of all files. Its install rule would build all that gRPC has, so its archives are put into the chain by hand.
# Its lists of timers sort what is due within a window of a hundredth to one second, and wake at each window's end, also if
# nothing is due: three times a second in all. The few timers of an agent may all be in the window.
build_grpc() {
  local switches="-DGRPC_NO_XDS -DGRPC_NO_RLS" core=$cache/source/grpc/tree/src/core/lib
  sed -E -i 's/(M(IN|AX)_QUEUE_WINDOW_DURATION) [0-9.]+$/\1 600.0/' "$core/iomgr/timer_generic.cc"
  sed -E -i 's/(kM(in|ax)QueueWindowDuration =) [0-9.]+;/\1 600.0;/' "$core/event_engine/posix_engine/timer.cc"
  sed -E -i '\#^ +src/core/ext/(xds|upbdefs-generated|upb-generated/(envoy|udpa|opencensus)|filters/(rbac|server_config_selector)|filters/client_channel/(lb_policy/(xds|rls)|resolver/(xds|google_c2p)))/.*\.cc?$#d; \#^ +src/core/lib/security/credentials/xds/.*\.cc$#d' \
    "$cache/source/grpc/tree/CMakeLists.txt"
  [ -d "$chain/include/google/protobuf" ] || fail "protobuf is not built"
  cmake_build grpc grpc++ -DCMAKE_C_FLAGS="$flags $switches" -DCMAKE_CXX_FLAGS="$flags $switches" \
    -DgRPC_ABSL_PROVIDER=package -DgRPC_CARES_PROVIDER=package -DgRPC_PROTOBUF_PROVIDER=package \
    -DgRPC_RE2_PROVIDER=package -DgRPC_SSL_PROVIDER=package -DgRPC_ZLIB_PROVIDER=package \
    -DOPENSSL_ROOT_DIR="$chain" -DOPENSSL_USE_STATIC_LIBS=ON \
    -DProtobuf_INCLUDE_DIR="$chain/include" -DProtobuf_LIBRARY="$chain/lib/libprotobuf.a" \
    -DProtobuf_PROTOC_LIBRARY="$chain/lib/libprotobuf.a" -DProtobuf_PROTOC_EXECUTABLE=/usr/bin/protoc \
    -DgRPC_BUILD_TESTS=OFF -DgRPC_BUILD_CODEGEN=OFF -DgRPC_BUILD_CSHARP_EXT=OFF -DgRPC_BACKWARDS_COMPATIBILITY_MODE=OFF
  cp -f "$built_in"/grpc/lib{grpc++,grpc,gpr,upb,address_sorting}.a "$chain/lib/"
  rm -rf "$chain/include"/{grpc,grpcpp}
  cp -r "$cache/source/grpc/tree/include"/{grpc,grpcpp} "$chain/include/"
}

# Of another machine's kind: Debian's archives of what is not built here, and the headers that are alike everywhere, which must not
# be read out of /usr/include beside those of another C library.
provide_debian() {
  local package debian=$chain/debian
  mkdir -p "$chain/headers" "$apt_folder/archives"
  ln -sfn /usr/include/{boost,CLI,toml++} "$chain/headers/"
  if [ -f "$debian/complete" ] && [ "$refresh" = no ]; then return; fi
  if [ "$lists" != updated ]; then update_lists; fi
  rm -rf "$debian"
  for package in zlib1g zlib1g-dev libre2-9 libre2-dev libc-ares2 libc-ares-dev; do
    (cd "$apt_folder/archives" && rm -f "$package"_*_"$arch".deb &&
      logged "$built_in/debian.log" apt-get "${apt[@]}" -o APT::Architectures="$arch" -o APT::Architecture="$arch" download "$package")
    logged "$built_in/debian.log" dpkg-deb -x "$apt_folder/archives/$package"_*_"$arch".deb "$debian"
  done
  touch "$debian/complete"
}

# What a library was built from and how. A library is built again when this changes for it or for one before it.
built=''
provide() { # NUMBER PACKAGE
  local package=$2 stamp=$built_in/$2.stamp
  fetch "$package"
  built="$built $package=$(cat "$cache/source/$package/version")"
  built="$built:$(declare -f "build_$package" cmake_build | sha256sum | cut -c1-12)"
  local made
  made="gcc $("${tools}gcc" -dumpfullversion) $flags$built"
  if [ "$(cat "$stamp" 2>/dev/null)" = "$made" ]; then return; fi
  step "$1" "$package $(cat "$cache/source/$package/version") (log: $built_in/$package.log)"
  local began=$SECONDS
  mkdir -p "$built_in"
  rm -f "$stamp" "$built_in/$package.log"
  "build_$package"
  printf '%s\n' "$made" >"$stamp"
  say "      done in $((SECONDS - began)) s"
}

# --- main ---

step 1/8 "packages: what is missing is installed from Debian"
"$root/deploy/dependencies.sh" --build --portable "${cross_packages[@]}"
mkdir -p "$cache/source" 2>/dev/null && [ -w "$cache" ] || fail "cannot write to $cache: give another --cache DIR"
exec 9>"$cache/lock"
flock -n 9 || fail "another build is using $cache"

mkdir -p "$built_in"
if [ -n "$kind" ]; then provide_debian; fi
provide 2/8 fmtlib
provide 3/8 spdlog
provide 4/8 abseil
provide 5/8 protobuf
provide 6/8 openssl
provide 7/8 grpc

began=$SECONDS
build=$root/build/portable$kind log=$built_in/agent.log
step 8/8 "steward-agent (log: $log)"
rm -f "$log"
cd "$root"
logged "$log" cmake --preset portable -B "$build" -DSTEWARD_PORTABLE_CHAIN="$chain" "${cross[@]}"
logged "$log" ninja -C "$build" -j "$jobs" steward-agent
mkdir -p "$output" 2>/dev/null && [ -w "$output" ] || fail "cannot write to $output: give another --output DIR"
"${tools}strip" -o "$output/.steward-agent.new" "$build/bin/steward-agent"
needed=$("${tools}objdump" -p "$output/.steward-agent.new" | awk '$1 == "NEEDED" { print $2 }' | paste -sd' ')
[ -z "$needed" ] || fail "the program needs $needed: a library was linked that is not static"
mv -f "$output/.steward-agent.new" "$output/steward-agent"
runner=()
if [ -n "$kind" ]; then runner=("qemu-$machine-static"); fi
"${runner[@]}" "$output/steward-agent" version >/dev/null || fail "$output/steward-agent does not run here"
say "      done in $((SECONDS - began)) s"
say "$output/steward-agent: $(stat -c %s "$output/steward-agent") bytes, no library needed"
