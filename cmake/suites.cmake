# Read by ctest, not by cmake: every suite of the GoogleTest binary `program` becomes one test. One process for each
# single test would cost more than most of them do themselves.
#   program, name, prefix, label, seconds_max, environment
function(add_suites)
  if(NOT EXISTS "${program}")
    add_test("${prefix}${name}.NOT_BUILT" "${program}")
    return()
  endif()
  execute_process(COMMAND "${program}" --gtest_list_tests OUTPUT_VARIABLE listed RESULT_VARIABLE failed)
  if(failed)
    add_test("${prefix}${name}.CANNOT_BE_LISTED" "${program}" --gtest_list_tests)
    return()
  endif()
  string(REGEX MATCHALL "\n[A-Za-z0-9_/]+\\." suites "\n${listed}")
  foreach(suite ${suites})
    string(REGEX REPLACE "[\n.]" "" suite "${suite}")
    add_test("${prefix}${name}.${suite}" "${program}" "--gtest_filter=${suite}.*")
    set_tests_properties("${prefix}${name}.${suite}" PROPERTIES
      LABELS "${label}" TIMEOUT "${seconds_max}" ENVIRONMENT "${environment}")
  endforeach()
endfunction()
add_suites()
