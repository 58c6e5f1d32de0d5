# cmake --install: the command, the header, the library with what it links, and a package for find_package(plait).
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)
set(package_folder ${CMAKE_INSTALL_LIBDIR}/cmake/plait)

install(TARGETS plait_command RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
install(FILES src/plait.h DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(TARGETS plait plait_small plait_dependencies EXPORT plait-targets ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(EXPORT plait-targets NAMESPACE plait:: DESTINATION ${package_folder})
if(NOT PLAIT_PREFIX STREQUAL "system")
    install(FILES ${PLAIT_DEPENDENCY_LIBRARIES} DESTINATION lib/plait)
    install(DIRECTORY ${PLAIT_PREFIX}/licences/ DESTINATION ${CMAKE_INSTALL_DOCDIR}/licences OPTIONAL)
endif()
install(DIRECTORY models/receipt models/digits DESTINATION ${CMAKE_INSTALL_DATADIR}/plait/models)

configure_package_config_file(cmake/plait-config.cmake.in plait-config.cmake INSTALL_DESTINATION ${package_folder})
write_basic_package_version_file(plait-config-version.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/plait-config.cmake ${PROJECT_BINARY_DIR}/plait-config-version.cmake
        DESTINATION ${package_folder})
