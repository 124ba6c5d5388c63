# SPDX-License-Identifier: Apache-2.0
# navistore_add_backend(<name> <source>...)
#
# Adds the module navistore-backend-<name> (file libnavistore_<name>.so), built to the host's rules: hidden
# visibility, no unresolved symbol, static libraries' symbols hidden, and one exported symbol.
function(navistore_add_backend name)
  set(target navistore-backend-${name})
  set(exports ${CMAKE_CURRENT_FUNCTION_LIST_DIR}/backend.exports)
  add_library(${target} MODULE ${ARGN})
  set_target_properties(${target} PROPERTIES
    OUTPUT_NAME navistore_${name}
    PREFIX lib
    C_VISIBILITY_PRESET hidden
    CXX_VISIBILITY_PRESET hidden
    VISIBILITY_INLINES_HIDDEN ON
    LIBRARY_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/backends
    LINK_DEPENDS ${exports})
  target_link_libraries(${target} PRIVATE navistore::sdk)
  target_link_options(${target} PRIVATE
    LINKER:--version-script=${exports}
    LINKER:--exclude-libs,ALL
    $<$<NOT:$<BOOL:${NAVISTORE_SANITIZED}>>:LINKER:-z,defs>)
endfunction()
