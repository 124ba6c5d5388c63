# SPDX-License-Identifier: Apache-2.0
# find_package(navistore-sdk): navistore::sdk (the headers), navistore::conformance (the harness),
# navistore_add_backend() and navistore_add_conformance().
include(${CMAKE_CURRENT_LIST_DIR}/navistore-sdk-targets.cmake)
include(${CMAKE_CURRENT_LIST_DIR}/NavistoreBackend.cmake)
