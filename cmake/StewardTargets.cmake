# The functions with which every part is declared: warnings, hardening and sanitizers are set here, once,
# and apply to our own targets only.
include(CheckCXXCompilerFlag)

find_program(STEWARD_CCACHE ccache)
if(STEWARD_CCACHE)
  # Without this sloppiness ccache leaves alone what uses a precompiled header.
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env CCACHE_SLOPPINESS=pch_defines,time_macros ${STEWARD_CCACHE})
  set(CMAKE_C_COMPILER_LAUNCHER ${STEWARD_CCACHE})
endif()

add_library(steward_options INTERFACE)
target_include_directories(steward_options INTERFACE ${PROJECT_SOURCE_DIR})
target_compile_options(steward_options INTERFACE
  -pthread  # some libraries ask for it, and a precompiled header fits only where all do
  # -Wcast-qual: clang applies it to what macros of system headers (EVP_EC_gen) expand to as well.
  -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Wold-style-cast $<$<CXX_COMPILER_ID:GNU>:-Wcast-qual> -Woverloaded-virtual
  -Wimplicit-fallthrough -Wundef -Werror
  $<$<CXX_COMPILER_ID:Clang>:-Wthread-safety>
  $<$<CXX_COMPILER_ID:GNU>:-Wno-tsan>
  # g++ 12 sees them in std::string where there is nothing (its bugs 105329 and 105651).
  $<$<CXX_COMPILER_ID:GNU>:-Wno-array-bounds> $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict>
  $<$<CXX_COMPILER_ID:GNU>:-Wno-stringop-overflow> $<$<CXX_COMPILER_ID:GNU>:-Wno-stringop-overread>
  # Of headers with types of an anonymous namespace: in a unity build every source looks like one.
  $<$<CXX_COMPILER_ID:GNU>:-Wno-subobject-linkage>
  $<$<CXX_COMPILER_ID:GNU>:-fpch-preprocess>)  # ccache needs it

# What a test says need not be fast. Not -O0: of inline functions the linker may take the test's copy for the library as well.
add_library(steward_test_options INTERFACE)
target_compile_options(steward_test_options INTERFACE -O1)
target_compile_definitions(steward_test_options INTERFACE STEWARD_SOURCE_DIR="${PROJECT_SOURCE_DIR}")
target_link_libraries(steward_test_options INTERFACE GTest::gmock_main)

if(STEWARD_SANITIZE)
  add_compile_options(-fsanitize=${STEWARD_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${STEWARD_SANITIZE})
endif()
if(CMAKE_BUILD_TYPE STREQUAL "Release" AND NOT STEWARD_SANITIZE)
  add_compile_options(-fstack-protector-strong -fstack-clash-protection)
  if(CMAKE_SYSTEM_PROCESSOR STREQUAL "aarch64")
    add_compile_options(-mbranch-protection=standard)
  else()
    add_compile_options(-fcf-protection)
  endif()
  add_compile_definitions(_FORTIFY_SOURCE=2 _GLIBCXX_ASSERTIONS)
  add_link_options(-Wl,-z,relro,-z,now -Wl,--as-needed)
  set(CMAKE_POSITION_INDEPENDENT_CODE ON)
  set(CMAKE_PIE ON)
endif()

# Headers make up most of the time of a build: the usual ones are read once, for the libraries and (with GoogleTest) for
# the tests. What lacks an #include still fails in the presets portable and fuzz, which go without.
set(STEWARD_USUAL_HEADERS <algorithm> <array> <chrono> <deque> <filesystem> <fstream> <functional> <map> <memory> <optional> <set>
  <string> <string_view> <thread> <utility> <vector>)
function(steward_precompile)
  set(absl <absl/container/flat_hash_map.h> <absl/status/statusor.h> <absl/strings/str_cat.h> <absl/strings/str_format.h>
    <absl/strings/str_split.h> <absl/time/time.h> <absl/types/span.h>)
  file(WRITE ${CMAKE_BINARY_DIR}/precompiled/empty.cc "")
  add_library(steward_precompiled STATIC ${CMAKE_BINARY_DIR}/precompiled/empty.cc)
  target_link_libraries(steward_precompiled PRIVATE steward_options absl::flat_hash_map absl::statusor absl::str_format absl::time)
  target_precompile_headers(steward_precompiled PRIVATE ${STEWARD_USUAL_HEADERS} ${absl})
  if(STEWARD_BUILD_TESTS)
    add_executable(steward_test_precompiled EXCLUDE_FROM_ALL ${CMAKE_BINARY_DIR}/precompiled/empty.cc)
    target_link_libraries(steward_test_precompiled PRIVATE steward_options steward_test_options absl::flat_hash_map absl::statusor
      absl::str_format absl::time)
    set_target_properties(steward_test_precompiled PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/precompiled)
    target_precompile_headers(steward_test_precompiled PRIVATE ${STEWARD_USUAL_HEADERS} ${absl} <gmock/gmock.h> <gtest/gtest.h>)
  endif()
endfunction()

# steward_library(NAME [APART] SOURCES... DEPENDS... PRIVATE_DEPENDS...): a static library steward_NAME with the alias
# steward::NAME. DEPENDS are what its headers need, PRIVATE_DEPENDS what only its sources need. APART: its sources use the
# same local names, one by one, so that a unity build cannot put them together.
function(steward_library name)
  cmake_parse_arguments(ARG "APART" "" "SOURCES;DEPENDS;PRIVATE_DEPENDS" ${ARGN})
  if(ARG_SOURCES)
    add_library(steward_${name} STATIC ${ARG_SOURCES})
    if(ARG_APART)
      set_target_properties(steward_${name} PROPERTIES UNITY_BUILD OFF)
    endif()
    target_precompile_headers(steward_${name} REUSE_FROM steward_precompiled)
    target_link_libraries(steward_${name} PRIVATE steward_options ${ARG_PRIVATE_DEPENDS} PUBLIC ${ARG_DEPENDS})
    target_include_directories(steward_${name} PUBLIC ${PROJECT_SOURCE_DIR})
  else()
    add_library(steward_${name} INTERFACE)
    target_link_libraries(steward_${name} INTERFACE ${ARG_DEPENDS})
    target_include_directories(steward_${name} INTERFACE ${PROJECT_SOURCE_DIR})
  endif()
  add_library(steward::${name} ALIAS steward_${name})
endfunction()

# steward_program(NAME SOURCES... DEPENDS...): an executable build/<preset>/bin/NAME.
function(steward_program name)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPENDS" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE steward_options ${ARG_DEPENDS})
endfunction()

# steward_test(NAME SOURCES... DEPENDS... [LABELS...]): one GoogleTest executable. Its folder below tests/ is a label:
# tests/run.sh --only agent/spool.
function(steward_test name)
  if(NOT STEWARD_BUILD_TESTS)
    return()
  endif()
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPENDS;LABELS" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE steward_options steward_test_options ${ARG_DEPENDS})
  target_precompile_headers(${name} REUSE_FROM steward_test_precompiled)
  # Each file of tests has helpers of its own, under the usual names.
  set_target_properties(${name} PROPERTIES UNITY_BUILD OFF RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
  add_test(NAME ${name} COMMAND ${name})
  file(RELATIVE_PATH folder ${PROJECT_SOURCE_DIR}/tests ${CMAKE_CURRENT_SOURCE_DIR})
  set_tests_properties(${name} PROPERTIES TIMEOUT 900 LABELS "unit;${folder};${ARG_LABELS}"
    ENVIRONMENT "TSAN_OPTIONS=suppressions=${PROJECT_SOURCE_DIR}/tests/tsan.supp:halt_on_error=1")
endfunction()

# steward_fuzzer(NAME SOURCES... DEPENDS...): one libFuzzer target, corpus under tests/fuzz/corpus/NAME; the target
# `fuzzers` builds them all.
if(STEWARD_BUILD_FUZZERS)
  add_custom_target(fuzzers)
endif()
function(steward_fuzzer name)
  if(NOT STEWARD_BUILD_FUZZERS)
    return()
  endif()
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPENDS" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE steward_options ${ARG_DEPENDS})
  target_link_options(${name} PRIVATE -fsanitize=fuzzer)
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/fuzz)
  add_dependencies(fuzzers ${name})
endfunction()
