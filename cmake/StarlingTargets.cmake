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
# What libFuzzer needs to see which ways a target goes; programs and tests have no use for it.
set(STARLING_FUZZED_LIBRARIES base crypto wire link reach routing session directory content space messaging node gateway home)
# Run little and compiled for long, so under sanitizers they are not optimised. Nor are tests, but for those that compute much.
set(STARLING_COLD_LIBRARIES os http api daemon cli)
set(STARLING_COMPUTING_TESTS crypto link routing session directory content sim)

# How a target is compiled: hot, fuzzed, cold, test or computing_test. Each kind has its own precompiled header, since a
# compiler takes only one that was made with the same options.
function(starling_compiled target kind)
  if((kind STREQUAL fuzzed AND NOT STARLING_FUZZ) OR (kind STREQUAL cold AND NOT STARLING_SANITIZE))
    set(kind hot)
  endif()
  if(kind STREQUAL fuzzed)
    target_compile_options(${target} PRIVATE -fsanitize=fuzzer-no-link)
  elseif(kind STREQUAL computing_test)
    target_compile_options(${target} PRIVATE -O1)
  elseif(NOT kind STREQUAL hot)
    target_compile_options(${target} PRIVATE -O0)
  endif()
  if(kind MATCHES test AND STARLING_SANITIZE)
    # Tests that take long do less of the same: sanitizers make them ten times as long, and look for something else.
    target_compile_definitions(${target} PRIVATE STARLING_SANITIZED)
  endif()
  if(NOT STARLING_PCH)
    return()
  endif()
  if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
    # It writes the times of the headers into a precompiled one, which makes ccache miss.
    target_compile_options(${target} PRIVATE "SHELL:-Xclang -fno-pch-timestamp")
  endif()
  if(NOT target MATCHES "^starling_pch_")
    target_precompile_headers(${target} REUSE_FROM starling_pch_${kind})
  endif()
endfunction()

# More than half the time of a build goes into the same headers over and over. The debug build does without precompiled ones,
# and tools/check_layout.py sees to it that each file includes what it uses of them.
if(STARLING_PCH)
  set(STARLING_PCH_HEADERS <algorithm> <array> <chrono> <cstdint> <deque> <expected> <functional> <map> <memory> <optional>
    <set> <span> <string> <string_view> <unordered_map> <utility> <variant> <vector>)
  file(WRITE ${CMAKE_BINARY_DIR}/pch.cpp "")
  set(kinds hot fuzzed cold)
  if(STARLING_TESTS)
    list(APPEND kinds test computing_test)
  endif()
  foreach(kind IN LISTS kinds)
    add_library(starling_pch_${kind} STATIC EXCLUDE_FROM_ALL ${CMAKE_BINARY_DIR}/pch.cpp)
    target_link_libraries(starling_pch_${kind} PRIVATE starling_options)
    starling_compiled(starling_pch_${kind} ${kind})
    target_precompile_headers(starling_pch_${kind} PRIVATE ${STARLING_PCH_HEADERS})
    if(kind MATCHES test)
      target_link_libraries(starling_pch_${kind} PRIVATE GTest::gtest)
      target_precompile_headers(starling_pch_${kind} PRIVATE <gtest/gtest.h>)
    endif()
  endforeach()
endif()

# Several sources are compiled as one: the headers are read once for all of them. Test programs always, libraries where
# STARLING_UNITY says so. For this, tests are in a namespace named like their file, and no two sources of a library use one
# name in their anonymous namespaces.
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
    if(name IN_LIST STARLING_FUZZED_LIBRARIES)
      starling_compiled(starling_${name} fuzzed)
    elseif(name IN_LIST STARLING_COLD_LIBRARIES)
      starling_compiled(starling_${name} cold)
    else()
      starling_compiled(starling_${name} hot)
    endif()
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
  string(REPLACE "test_" "" tested ${name})
  if(tested IN_LIST STARLING_COMPUTING_TESTS)
    starling_compiled(${name} computing_test)
  else()
    starling_compiled(${name} test)
  endif()
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
