# How every target of the project is made: warnings, sanitizers, one library and one test program per folder.
find_program(CCACHE ccache)
if(CCACHE)
  # Without these ccache passes over everything that uses a precompiled header.
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env CCACHE_SLOPPINESS=pch_defines,time_macros ${CCACHE})
endif()

add_library(starling_options INTERFACE)
target_include_directories(starling_options INTERFACE ${CMAKE_SOURCE_DIR}/src)
target_compile_options(starling_options INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wnon-virtual-dtor
  -Woverloaded-virtual -Wimplicit-fallthrough -Werror)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # g++ 12 reports these inside std::vector, std::optional and std::variant at -O2, where nothing is wrong
  # (GCC bugs 105562, 105329, 80635).
  target_compile_options(starling_options INTERFACE
    -Wno-maybe-uninitialized -Wno-restrict -Wno-stringop-overflow -Wno-stringop-overread
    -Wno-array-bounds -Wno-free-nonheap-object)
endif()
if(STARLING_SANITIZE)
  target_compile_options(starling_options INTERFACE
    -fsanitize=${STARLING_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  target_link_options(starling_options INTERFACE -fsanitize=${STARLING_SANITIZE})
endif()
if(STARLING_FUZZ)
  target_compile_options(starling_options INTERFACE -fsanitize=fuzzer-no-link)
endif()

# Half the time of a build goes into the same headers over and over. The precompiled ones are for the sanitizer builds of
# ./test only: the others must find every #include that a file needs in that file.
if(STARLING_PCH)
  set(STARLING_PCH_HEADERS <algorithm> <array> <chrono> <cstdint> <deque> <expected> <functional> <map> <memory> <optional>
    <set> <span> <string> <string_view> <unordered_map> <utility> <variant> <vector>)
  file(WRITE ${CMAKE_BINARY_DIR}/pch.cpp "")
  foreach(kind library test)
    add_library(starling_pch_${kind} STATIC ${CMAKE_BINARY_DIR}/pch.cpp)
    target_link_libraries(starling_pch_${kind} PRIVATE starling_options)
    if(kind STREQUAL test)
      target_link_libraries(starling_pch_test PRIVATE GTest::gtest)
    endif()
    # The time of a header in it would make ccache miss.
    target_compile_options(starling_pch_${kind} PRIVATE "SHELL:-Xclang -fno-pch-timestamp")
  endforeach()
  target_precompile_headers(starling_pch_library PRIVATE ${STARLING_PCH_HEADERS})
  target_precompile_headers(starling_pch_test PRIVATE ${STARLING_PCH_HEADERS} <gtest/gtest.h>)
endif()
function(starling_precompiled target kind)
  if(STARLING_PCH)
    target_compile_options(${target} PRIVATE "SHELL:-Xclang -fno-pch-timestamp")
    target_precompile_headers(${target} REUSE_FROM starling_pch_${kind})
  endif()
endfunction()

# Several sources are compiled as one: the headers are read once for all of them. Test programs always, libraries where
# STARLING_UNITY says so: elsewhere every source must include what it needs, and a small change is built fast. For this, tests
# are in a namespace named like their file, and no two sources of a library use one name in their anonymous namespaces.
function(starling_unity target)
  set_target_properties(${target} PROPERTIES UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE 8)
endfunction()

# starling_library(link SOURCES a.cpp b.cpp TESTS a_test.cpp DEPENDS starling_wire ...)
# makes starling_link from src/link, and test_link when tests are built. Sources under ALONE are never compiled with others.
# PARTS as below.
function(starling_library name)
  cmake_parse_arguments(ARG "" "PARTS" "SOURCES;ALONE;TESTS;DEPENDS;TEST_DEPENDS" ${ARGN})
  if(ARG_SOURCES)
    add_library(starling_${name} STATIC ${ARG_SOURCES} ${ARG_ALONE})
    target_link_libraries(starling_${name} PUBLIC starling_options ${ARG_DEPENDS})
    starling_precompiled(starling_${name} library)
    if(STARLING_UNITY)
      starling_unity(starling_${name})
    endif()
    set_source_files_properties(${ARG_ALONE} PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
  else()
    add_library(starling_${name} INTERFACE)
    target_link_libraries(starling_${name} INTERFACE starling_options ${ARG_DEPENDS})
  endif()
  if(STARLING_TESTS AND ARG_TESTS)
    starling_test(test_${name} SOURCES ${ARG_TESTS} DEPENDS starling_${name} ${ARG_TEST_DEPENDS} PARTS ${ARG_PARTS})
  endif()
endfunction()

# starling_test(test_link SOURCES a_test.cpp DEPENDS starling_link)
# PARTS n: its tests are dealt out to n runs of the program, which can go side by side.
function(starling_test name)
  cmake_parse_arguments(ARG "" "TIMEOUT;PARTS" "SOURCES;DEPENDS" ${ARGN})
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 900)
  endif()
  add_executable(${name} ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE starling_options ${ARG_DEPENDS} GTest::gtest_main)
  starling_precompiled(${name} test)
  starling_unity(${name})
  set(environment "STARLING_SOURCE_DIR=${CMAKE_SOURCE_DIR};STARLING_BINARY_DIR=${CMAKE_BINARY_DIR}")
  if(NOT ARG_PARTS)
    add_test(NAME ${name} COMMAND ${name} --gtest_brief=1)
    set_tests_properties(${name} PROPERTIES TIMEOUT ${ARG_TIMEOUT} ENVIRONMENT "${environment}")
    return()
  endif()
  math(EXPR last "${ARG_PARTS} - 1")
  foreach(part RANGE ${last})
    add_test(NAME ${name}_${part} COMMAND ${name} --gtest_brief=1)
    set_tests_properties(${name}_${part} PROPERTIES TIMEOUT ${ARG_TIMEOUT} ENVIRONMENT
      "${environment};GTEST_TOTAL_SHARDS=${ARG_PARTS};GTEST_SHARD_INDEX=${part}")
  endforeach()
endfunction()
