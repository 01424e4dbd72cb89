# How this project builds: flags, one precompiled header, one library per folder.

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

find_program(CCACHE ccache)
if(CCACHE)
  # A precompiled header makes ccache doubt itself unless told that we mean it.
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime
      CCACHE_BASEDIR=${PROJECT_SOURCE_DIR} CCACHE_NOHASHDIR=1 ${CCACHE})
endif()

set(SALLYPORT_SANITIZE "" CACHE STRING "Sanitizers, e.g. address,undefined or thread")
option(SALLYPORT_FUZZ "Build the libFuzzer targets (clang only)" OFF)
set(SALLYPORT_TESTS "tools;unit;loop;e2e" CACHE STRING "Labels of the tests that this preset runs")
set(SALLYPORT_TEST_PREFIX "" CACHE STRING "Stands before the name of every test, e.g. \"asan.\"")
add_custom_target(checks COMMENT "Every program that the tests of this preset run")

set(SALLYPORT_TOGETHER 0 CACHE STRING "This many sources of a library are compiled as one; 0: each by itself")
# A sanitizer fills a program with addresses: where they are known when it is linked, it starts a third sooner, and
# the tests start thousands of programs.
set(position_compile -fPIE)
set(position_link -pie)
if(SALLYPORT_SANITIZE)
  set(position_compile -fno-pie)
  set(position_link -no-pie)
endif()
add_library(sallyport_options INTERFACE)
target_compile_options(sallyport_options INTERFACE
  ${position_compile} -Wall -Wextra -Wshadow -Wconversion -Werror -g1
  $<$<BOOL:${SALLYPORT_TOGETHER}>:-Wno-shadow>
  $<$<CXX_COMPILER_ID:GNU>:-fpch-preprocess>
  $<$<CXX_COMPILER_ID:Clang>:-Wno-unused-command-line-argument>)
target_compile_definitions(sallyport_options INTERFACE
  BOOST_ASIO_SEPARATE_COMPILATION BOOST_ASIO_NO_DEPRECATED BOOST_ASIO_DISABLE_BOOST_COROUTINE
  SALLYPORT_VERSION="${PROJECT_VERSION}")
target_include_directories(sallyport_options INTERFACE ${PROJECT_SOURCE_DIR})
target_link_libraries(sallyport_options INTERFACE Threads::Threads Boost::headers)
target_link_options(sallyport_options INTERFACE ${position_link})
if(SALLYPORT_SANITIZE)
  target_compile_options(sallyport_options INTERFACE
    -fsanitize=${SALLYPORT_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all
    # vptr opens pipes to look at memory, and so fails where a test leaves no descriptor. What the others find at
    # each use of a pointer, AddressSanitizer finds as well or the processor traps; they cost a third of the build.
    -fno-sanitize=vptr,null,alignment,object-size)
  target_link_options(sallyport_options INTERFACE -fsanitize=${SALLYPORT_SANITIZE})
  # clang 14 cannot place what the function sanitizer writes before coroutines ("Cannot represent a difference
  # across sections").
  target_compile_options(sallyport_options INTERFACE $<$<CXX_COMPILER_ID:Clang>:-fno-sanitize=function>)
  if(SALLYPORT_SANITIZE MATCHES thread)
    # g++ says that TSan does not understand Boost's fences; they are not used for our data.
    target_compile_options(sallyport_options INTERFACE $<$<CXX_COMPILER_ID:GNU>:-Wno-tsan>)
  endif()
endif()
if(SALLYPORT_FUZZ)
  target_compile_options(sallyport_options INTERFACE -fsanitize=fuzzer-no-link)
endif()
if(CMAKE_BUILD_TYPE STREQUAL "RelWithDebInfo")
  # With optimisation g++ 12 sees overlaps and overruns inside std::string and wrong frees in coroutines that are not there (gcc bugs
  # 105329, 105651); the other builds keep these warnings.
  target_compile_options(sallyport_options INTERFACE
    $<$<CXX_COMPILER_ID:GNU>:-Wno-array-bounds;-Wno-restrict;-Wno-stringop-overflow;-Wno-stringop-overread;-Wno-maybe-uninitialized;-Wno-mismatched-new-delete>)
  target_compile_options(sallyport_options INTERFACE -D_FORTIFY_SOURCE=2 -fstack-protector-strong)
  target_link_options(sallyport_options INTERFACE -Wl,-z,relro,-z,now)
endif()
find_program(MOLD mold)
if(MOLD)
  target_link_options(sallyport_options INTERFACE -fuse-ld=mold)
endif()

# Two precompiled headers: the project's, and the tests' with GoogleTest beside; base/asio.cpp is where Asio itself
# is compiled.
function(sallyport_precompile target)
  if(target STREQUAL "sallyport_base")
    target_precompile_headers(${target} PRIVATE ${PROJECT_SOURCE_DIR}/base/precompiled.hpp)
  elseif(target STREQUAL "sallyport_test_support")
    target_precompile_headers(${target} PRIVATE ${PROJECT_SOURCE_DIR}/tests/support/precompiled.hpp)
  elseif(ARGC GREATER 1)
    target_precompile_headers(${target} REUSE_FROM ${ARGV1})
  else()
    target_precompile_headers(${target} REUSE_FROM sallyport_base)
  endif()
endfunction()

# A third of the time. Names in unnamed namespaces then differ between the files of a folder. All but the last
# source stand in what g++ takes for a header, and a coroutine there has what only one source knows.
function(sallyport_compile_together target count)
  if(count)
    set_target_properties(${target} PROPERTIES UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE ${count})
    target_compile_options(${target} PRIVATE $<$<CXX_COMPILER_ID:GNU>:-Wno-subobject-linkage>)
  endif()
endfunction()

# sallyport_library(<name> [DEPENDS <folder>...] [LINK <target>...])
# One static library per top-level folder, made of every .cpp in it except main.cpp. DEPENDS names the
# folders whose headers it may include; tests/tools/check_includes.py holds the code to that list.
function(sallyport_library name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "DEPENDS;LINK")
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.cpp)
  list(FILTER sources EXCLUDE REGEX "/main\\.cpp$")
  list(TRANSFORM arg_DEPENDS PREPEND sallyport::)
  if(NOT sources)  # a folder laid out, but still empty
    add_library(sallyport_${name} INTERFACE)
    add_library(sallyport::${name} ALIAS sallyport_${name})
    target_link_libraries(sallyport_${name} INTERFACE sallyport_options ${arg_DEPENDS} ${arg_LINK})
    return()
  endif()
  add_library(sallyport_${name} STATIC ${sources})
  add_library(sallyport::${name} ALIAS sallyport_${name})
  target_link_libraries(sallyport_${name} PUBLIC sallyport_options ${arg_DEPENDS} ${arg_LINK})
  sallyport_precompile(sallyport_${name})
  sallyport_compile_together(sallyport_${name} ${SALLYPORT_TOGETHER})
endfunction()

# sallyport_program(<name> <folder> [<archive or target>...]): the binary <name> from <folder>/main.cpp and that folder's
# library; and with these archives the portable one (Portable.cmake).
function(sallyport_program name folder)
  add_library(${name}-main OBJECT main.cpp)
  target_link_libraries(${name}-main PUBLIC sallyport::${folder})
  sallyport_precompile(${name}-main)
  add_executable(${name})
  target_link_libraries(${name} PRIVATE ${name}-main)
  set_target_properties(${name} PROPERTIES LINKER_LANGUAGE CXX RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/bin)
  sallyport_portable_program(${name} ${name}-main ${ARGN})
endfunction()

# sallyport_tests(<name> LABEL <label>... [SECONDS_MAX <of one suite>] SOURCES <file>... LINK <target>...): one
# GoogleTest binary. Where the sources of libraries are compiled as one, these are, too, a third as many.
# A preset that runs tests of none of these labels does not build it either, unless asked to by name.
function(sallyport_tests name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "SECONDS_MAX" "LABEL;SOURCES;LINK")
  if(NOT arg_SECONDS_MAX)
    set(arg_SECONDS_MAX 240)
  endif()
  add_executable(${name} ${arg_SOURCES})
  target_link_libraries(${name} PRIVATE ${arg_LINK} GTest::gtest_main)
  sallyport_precompile(${name} sallyport_test_support)
  math(EXPR together "${SALLYPORT_TOGETHER} / 3")
  sallyport_compile_together(${name} ${together})
  set(wanted ${arg_LABEL})
  list(REMOVE_ITEM wanted ${SALLYPORT_TESTS})
  list(GET arg_LABEL 0 label)  # the one that CTest knows
  if(wanted STREQUAL arg_LABEL)
    set_target_properties(${name} PROPERTIES EXCLUDE_FROM_ALL TRUE)
    return()
  endif()
  add_dependencies(checks ${name})
  file(WRITE ${CMAKE_CURRENT_BINARY_DIR}/${name}_suites.cmake
    "set(program [==[${CMAKE_CURRENT_BINARY_DIR}/${name}]==])\n"
    "set(name ${name})\n"
    "set(prefix \"${SALLYPORT_TEST_PREFIX}\")\n"
    "set(label ${label})\n"
    "set(seconds_max ${arg_SECONDS_MAX})\n"
    "set(environment [==[SALLYPORT_SOURCE_DIR=${PROJECT_SOURCE_DIR}]==])\n"
    "include([==[${PROJECT_SOURCE_DIR}/cmake/suites.cmake]==])\n")
  set_property(DIRECTORY APPEND PROPERTY TEST_INCLUDE_FILES ${CMAKE_CURRENT_BINARY_DIR}/${name}_suites.cmake)
endfunction()

# sallyport_fuzzer(<name> [SOURCES <file>...] LINK <target>...): tests/fuzz/<name>.cpp. With clang a libFuzzer
# program; a short run with a fixed seed over its corpus is a test. SOURCES, from the root of the project, are
# the few files of a large library that it needs: nobody waits for the rest of it. Without clang, where the
# preset wants tests of the label fuzz: the same checks on the corpus and on changed copies of it, and the
# libraries whole, since they are built anyway.
function(sallyport_fuzzer name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;LINK")
  set(corpus ${CMAKE_CURRENT_SOURCE_DIR}/corpus/${name})
  file(MAKE_DIRECTORY ${corpus})
  add_executable(${name} ${name}.cpp)
  sallyport_precompile(${name})
  add_dependencies(checks ${name})
  if(SALLYPORT_FUZZ)
    list(TRANSFORM arg_SOURCES PREPEND ${PROJECT_SOURCE_DIR}/)
    target_sources(${name} PRIVATE ${arg_SOURCES})
    target_link_options(${name} PRIVATE -fsanitize=fuzzer)
    set(found ${CMAKE_CURRENT_BINARY_DIR}/found_${name})
    file(MAKE_DIRECTORY ${found})
    set(run ${name} -seed=1 -runs=20000 -max_total_time=6 -print_final_stats=0
      -artifact_prefix=${CMAKE_CURRENT_BINARY_DIR}/ ${found} ${corpus})
  else()
    list(TRANSFORM arg_SOURCES REPLACE "/.*" "")
    list(REMOVE_DUPLICATES arg_SOURCES)
    list(TRANSFORM arg_SOURCES PREPEND sallyport::)
    list(APPEND arg_LINK ${arg_SOURCES} sallyport_replay)
    set(run ${name} ${corpus})
  endif()
  target_link_libraries(${name} PRIVATE ${arg_LINK})
  add_test(NAME ${SALLYPORT_TEST_PREFIX}fuzz.${name} COMMAND ${run})
  set_tests_properties(${SALLYPORT_TEST_PREFIX}fuzz.${name} PROPERTIES LABELS fuzz TIMEOUT 120)
endfunction()
