# Installs the rings, the log and the pipeline as package `annulus`, and the command.
install(DIRECTORY variants/include/ chunklog/include/ pipeline/include/
  DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} FILES_MATCHING PATTERN "*.hpp")
install(DIRECTORY ${PROJECT_BINARY_DIR}/generated/ DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(TARGETS annulus_rings annulus_streams annulus_variants annulus_chunklog annulus_pipeline EXPORT annulus)
if(TARGET annulus_cli)
  install(TARGETS annulus_cli RUNTIME)
endif()
install(EXPORT annulus NAMESPACE annulus:: DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/annulus
  FILE annulusTargets.cmake)
configure_package_config_file(cmake/annulusConfig.cmake.in annulusConfig.cmake
  INSTALL_DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/annulus)
write_basic_package_version_file(annulusConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/annulusConfig.cmake ${PROJECT_BINARY_DIR}/annulusConfigVersion.cmake
  DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/annulus)
