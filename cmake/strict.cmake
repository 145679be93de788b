# How our own code is compiled. Nothing here reaches a user of the installed package.
add_library(annulus_strict INTERFACE)
target_compile_features(annulus_strict INTERFACE cxx_std_20)
target_compile_options(annulus_strict INTERFACE
  -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror)
if(ANNULUS_SANITIZE)
  target_compile_options(annulus_strict INTERFACE
    -fsanitize=${ANNULUS_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  # lld: a program with sanitizers is a hundred megabytes, and the usual linker takes ten times as long.
  target_link_options(annulus_strict INTERFACE -fsanitize=${ANNULUS_SANITIZE} -fuse-ld=lld)
  # One of the checks of "undefined", which clang 14 cannot assemble for coroutines.
  target_compile_options(annulus_strict INTERFACE $<$<CXX_COMPILER_ID:Clang>:-fno-sanitize=function>)
endif()
# Sanitized code, and in every preset that of the tests, is compiled without optimising, in a third of the time: nearly
# all tests wait more than they compute. This is for the others.
add_library(annulus_busy INTERFACE)
if(ANNULUS_SANITIZE)
  target_compile_options(annulus_busy INTERFACE -O1)
elseif(NOT CMAKE_BUILD_TYPE STREQUAL "Debug")
  target_compile_options(annulus_busy INTERFACE -O2)
endif()
# Lines are what a profile and a sanitizer's report need; the rest of the debug information is a quarter of a build.
if(ANNULUS_SANITIZE OR NOT CMAKE_BUILD_TYPE STREQUAL "Debug")
  target_compile_options(annulus_strict INTERFACE -g1)
endif()
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
