# SPDX-License-Identifier: Apache-2.0
# The package navistore-sdk, as the install component `sdk`.
include(CMakePackageConfigHelpers)
set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/navistore-sdk)
set(share_dir ${CMAKE_INSTALL_DATADIR}/navistore-sdk)

install(TARGETS navistore-sdk navistore-conformance EXPORT navistore-sdk
  RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR} COMPONENT sdk)
install(EXPORT navistore-sdk NAMESPACE navistore:: FILE navistore-sdk-targets.cmake
  DESTINATION ${package_dir} COMPONENT sdk)

write_basic_package_version_file(${CMAKE_CURRENT_BINARY_DIR}/navistore-sdk-config-version.cmake
  VERSION ${PROJECT_VERSION} COMPATIBILITY SameMajorVersion)
install(FILES
  cmake/navistore-sdk-config.cmake ${CMAKE_CURRENT_BINARY_DIR}/navistore-sdk-config-version.cmake
  cmake/NavistoreBackend.cmake cmake/backend.exports cmake/empty_config.json
  DESTINATION ${package_dir} COMPONENT sdk)

install(DIRECTORY include/navistore DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} COMPONENT sdk)
install(DIRECTORY template DESTINATION ${share_dir} COMPONENT sdk)
install(FILES README.md DESTINATION ${share_dir} COMPONENT sdk)
