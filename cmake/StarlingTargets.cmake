# How every target of the project is made: warnings, sanitizers, one library and one test program per folder.
find_program(CCACHE ccache)
if(CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE})
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

# starling_library(link SOURCES a.cpp b.cpp TESTS a_test.cpp DEPENDS starling_wire ...)
# makes starling_link from src/link, and test_link when tests are built.
function(starling_library name)
  cmake_parse_arguments(ARG "" "" "SOURCES;TESTS;DEPENDS;TEST_DEPENDS" ${ARGN})
  if(ARG_SOURCES)
    add_library(starling_${name} STATIC ${ARG_SOURCES})
    target_link_libraries(starling_${name} PUBLIC starling_options ${ARG_DEPENDS})
  else()
    add_library(starling_${name} INTERFACE)
    target_link_libraries(starling_${name} INTERFACE starling_options ${ARG_DEPENDS})
  endif()
  if(STARLING_TESTS AND ARG_TESTS)
    starling_test(test_${name} SOURCES ${ARG_TESTS} DEPENDS starling_${name} ${ARG_TEST_DEPENDS})
  endif()
endfunction()

# starling_test(test_link SOURCES a_test.cpp DEPENDS starling_link)
function(starling_test name)
  cmake_parse_arguments(ARG "" "TIMEOUT" "SOURCES;DEPENDS" ${ARGN})
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 900)
  endif()
  add_executable(${name} ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE starling_options ${ARG_DEPENDS} GTest::gtest_main)
  add_test(NAME ${name} COMMAND ${name} --gtest_brief=1)
  set_tests_properties(${name} PROPERTIES TIMEOUT ${ARG_TIMEOUT} ENVIRONMENT
    "STARLING_SOURCE_DIR=${CMAKE_SOURCE_DIR};STARLING_BINARY_DIR=${CMAKE_BINARY_DIR}")
endfunction()
