# The agent as one file without any shared library (deploy/portable-agent.sh): the same targets as StewardDependencies
# finds, for the agent's parts only, as static libraries. Those of the chain are built for size from Debian's sources;
# zlib, re2 and c-ares are Debian's own archives; JSON and TOML are compiled here from their headers.
if(NOT IS_DIRECTORY "${STEWARD_PORTABLE_CHAIN}/lib")
  message(FATAL_ERROR "STEWARD_PORTABLE_CHAIN=${STEWARD_PORTABLE_CHAIN} has no lib: deploy/portable-agent.sh builds the chain")
endif()

add_compile_options(-ffunction-sections -fdata-sections)
# pack-relative-relocs: the agent relocates itself at start; a tenth of the table to read.
add_link_options(-static-pie -Wl,--gc-sections -Wl,-z,pack-relative-relocs)

# steward_static_library(TARGET ARCHIVE LINKED...): of the chain, or Debian's.
function(steward_static_library target archive)
  find_library(location NAMES ${archive} HINTS ${STEWARD_PORTABLE_CHAIN}/lib NO_CACHE REQUIRED)
  add_library(${target} STATIC IMPORTED GLOBAL)
  set_target_properties(${target} PROPERTIES IMPORTED_LOCATION ${location}
    INTERFACE_INCLUDE_DIRECTORIES ${STEWARD_PORTABLE_CHAIN}/include INTERFACE_LINK_LIBRARIES "${ARGN}")
endfunction()

find_package(Threads REQUIRED)
if(CMAKE_CROSSCOMPILING)
  # Headers that are alike everywhere: /usr/include may not be read beside another C library's.
  foreach(target Boost::headers CLI11::CLI11 tomlplusplus::tomlplusplus)
    add_library(${target} INTERFACE IMPORTED)
    set_target_properties(${target} PROPERTIES INTERFACE_INCLUDE_DIRECTORIES ${STEWARD_PORTABLE_CHAIN}/headers)
  endforeach()
else()
  find_package(Boost 1.81 REQUIRED)
  find_package(CLI11 CONFIG REQUIRED)
  add_library(tomlplusplus::tomlplusplus INTERFACE IMPORTED)
endif()
set(CMAKE_PREFIX_PATH ${STEWARD_PORTABLE_CHAIN})
foreach(package absl fmt spdlog)
  find_package(${package} CONFIG REQUIRED PATHS ${STEWARD_PORTABLE_CHAIN} NO_DEFAULT_PATH)
endforeach()

steward_static_library(ZLIB::ZLIB libz.a)
steward_static_library(steward_re2 libre2.a)
steward_static_library(steward_cares libcares.a)
steward_static_library(OpenSSL::Crypto libcrypto.a Threads::Threads)
steward_static_library(OpenSSL::SSL libssl.a OpenSSL::Crypto)
steward_static_library(protobuf::libprotobuf libprotobuf.a Threads::Threads)
steward_static_library(steward_gpr libgpr.a absl::base absl::core_headers absl::flat_hash_map absl::memory absl::random_random
  absl::status absl::cord absl::str_format absl::strings absl::synchronization absl::time absl::optional absl::variant)
steward_static_library(steward_upb libupb.a)
steward_static_library(steward_address_sorting libaddress_sorting.a)
steward_static_library(steward_grpc libgrpc.a steward_gpr steward_upb steward_address_sorting steward_re2 steward_cares
  OpenSSL::SSL ZLIB::ZLIB absl::any_invocable absl::bind_front absl::cleanup absl::flat_hash_set absl::hash absl::inlined_vector
  absl::statusor absl::type_traits absl::utility)
steward_static_library(gRPC::grpc++ libgrpc++.a steward_grpc protobuf::libprotobuf)

# The machine's own compilers: what they write is refused, when compiled, by a protobuf of another version.
function(steward_proto_compiler target program)
  find_program(location NAMES ${program} NO_CACHE REQUIRED)
  add_executable(${target} IMPORTED GLOBAL)
  set_target_properties(${target} PROPERTIES IMPORTED_LOCATION ${location})
endfunction()
steward_proto_compiler(protobuf::protoc protoc)
steward_proto_compiler(gRPC::grpc_cpp_plugin grpc_cpp_plugin)

file(WRITE ${CMAKE_BINARY_DIR}/boost_json.cc.new "#include <boost/json/src.hpp>\n")
file(COPY_FILE ${CMAKE_BINARY_DIR}/boost_json.cc.new ${CMAKE_BINARY_DIR}/boost_json.cc ONLY_IF_DIFFERENT)
add_library(steward_boost_json STATIC ${CMAKE_BINARY_DIR}/boost_json.cc)
target_link_libraries(steward_boost_json PUBLIC Boost::headers)
add_library(Boost::json ALIAS steward_boost_json)

set_target_properties(tomlplusplus::tomlplusplus PROPERTIES INTERFACE_COMPILE_DEFINITIONS TOML_HEADER_ONLY=1)
