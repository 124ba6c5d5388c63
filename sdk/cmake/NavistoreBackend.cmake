# SPDX-License-Identifier: Apache-2.0
# The two functions of a backend's CMakeLists.txt; in this tree and, by find_package(navistore-sdk), outside of it.

# navistore_add_backend(<name> <source>...)
#
# Adds the module navistore-backend-<name> (file libnavistore_<name>.so), built to the host's rules: hidden
# visibility, no unresolved symbol, static libraries' symbols hidden, no text relocation, no executable stack, and
# one exported symbol. <name> is [a-z0-9_-]+. The file is written to <project's build directory>/backends.
function(navistore_add_backend name)
  if(NOT name MATCHES "^[a-z0-9_-]+$")
    message(FATAL_ERROR "navistore_add_backend: the name '${name}' is not [a-z0-9_-]+")
  endif()
  set(target navistore-backend-${name})
  set(exports ${CMAKE_CURRENT_FUNCTION_LIST_DIR}/backend.exports)
  add_library(${target} MODULE ${ARGN})
  set_target_properties(${target} PROPERTIES
    OUTPUT_NAME navistore_${name}
    PREFIX lib
    C_VISIBILITY_PRESET hidden
    CXX_VISIBILITY_PRESET hidden
    VISIBILITY_INLINES_HIDDEN ON
    POSITION_INDEPENDENT_CODE ON
    LIBRARY_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/backends
    LINK_DEPENDS ${exports})
  target_link_libraries(${target} PRIVATE navistore::sdk)
  target_link_options(${target} PRIVATE
    LINKER:--version-script=${exports}
    LINKER:--exclude-libs,ALL
    LINKER:-z,text
    LINKER:-z,noexecstack)
  # A sanitizer's functions are found in the executable that loads the module.
  string(TOUPPER "${CMAKE_BUILD_TYPE}" config)
  if(NOT "${CMAKE_C_FLAGS} ${CMAKE_CXX_FLAGS} ${CMAKE_C_FLAGS_${config}} ${CMAKE_CXX_FLAGS_${config}}"
     MATCHES "-fsanitize")
    target_link_options(${target} PRIVATE LINKER:-z,defs)
  endif()
endfunction()

# navistore_add_conformance(<target> [CONFIG <file>] [TIER gate|full])
#
# Adds the ctest conformance/<name>: the conformance suite runs on the backend <target>. CONFIG is the JSON
# configuration to open it with, relative to the current source directory; the default is {}. TIER gate, the default,
# is what the server demands before it loads a plugin; full takes minutes.
function(navistore_add_conformance target)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "CONFIG;TIER" "")
  if(arg_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "navistore_add_conformance: unknown argument: ${arg_UNPARSED_ARGUMENTS}")
  endif()
  if(NOT arg_TIER)
    set(arg_TIER gate)
  elseif(NOT arg_TIER MATCHES "^(gate|full)$")
    message(FATAL_ERROR "navistore_add_conformance: TIER is gate or full, not '${arg_TIER}'")
  endif()
  if(arg_CONFIG)
    get_filename_component(config ${arg_CONFIG} ABSOLUTE BASE_DIR ${CMAKE_CURRENT_SOURCE_DIR})
  else()
    set(config ${CMAKE_CURRENT_FUNCTION_LIST_DIR}/empty_config.json)
  endif()
  string(REGEX REPLACE "^navistore-backend-" "" name ${target})
  add_test(NAME conformance/${name}
    COMMAND $<TARGET_FILE:navistore::conformance> $<TARGET_FILE:${target}> --config ${config} --tier ${arg_TIER})
  # The suite runs two cases at a time, each with a time limit.
  set_tests_properties(conformance/${name} PROPERTIES LABELS conformance PROCESSORS 2)
endfunction()
