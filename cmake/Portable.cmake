# The programs once more, made of the same objects, for systems other than Debian 12: they bring every library along
# but those that belong to the system. `<program>-portable` in bin/portable; nothing builds them but packages.
#   glibc     2.36 or later: names and users are looked up as the system is set up to
#   OpenSSL   3.0 or later: its holes are the system's to close
#   krb5      MIT: it reads the system's krb5.conf and loads plugins that find KDCs. Loaded when it is first used, so
#             that only who uses Kerberos needs it; of the static kind there is none
set(SALLYPORT_ARCHIVES boost_json boost_container boost_url cjose jansson nghttp2 ssh2 z deflate)

# Of these Debian has no archive; their headers hold what is compiled.
add_library(sallyport_portable_parts STATIC EXCLUDE_FROM_ALL
  ${PROJECT_SOURCE_DIR}/packaging/portable/log.cpp ${PROJECT_SOURCE_DIR}/packaging/portable/toml.cpp)
target_link_libraries(sallyport_portable_parts PRIVATE spdlog::spdlog PkgConfig::tomlplusplus)
# Likewise, and it must not be linked at all.
add_library(sallyport_portable_krb5 STATIC EXCLUDE_FROM_ALL ${PROJECT_SOURCE_DIR}/packaging/portable/krb5.cpp)
target_link_libraries(sallyport_portable_krb5 PRIVATE ${CMAKE_DL_LIBS})
target_compile_options(sallyport_portable_parts PRIVATE -fPIE)
target_compile_options(sallyport_portable_krb5 PRIVATE -fPIE -Wall -Wextra -Werror)

# Further arguments: archives that this program needs beside the usual ones.
function(sallyport_portable_program program objects)
  set(name ${program}-portable)
  add_executable(${name} EXCLUDE_FROM_ALL)
  set_target_properties(${name} PROPERTIES LINKER_LANGUAGE CXX OUTPUT_NAME ${program}
    RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/bin/portable)
  # Whole and first, so that nothing is left to take from the shared libraries that our folders name.
  set(archives)
  foreach(archive ${SALLYPORT_ARCHIVES} ${ARGN})
    if(TARGET ${archive})
      list(APPEND archives ${archive})
      continue()
    endif()
    find_library(SALLYPORT_ARCHIVE_${archive} NAMES lib${archive}.a)
    list(APPEND archives ${SALLYPORT_ARCHIVE_${archive}})
  endforeach()
  list(JOIN archives "," archives)
  target_link_options(${name} PRIVATE -Wl,--as-needed -static-libstdc++ -static-libgcc)
  target_link_libraries(${name} PRIVATE "$<LINK_LIBRARY:WHOLE_ARCHIVE,sallyport_portable_parts,${archives}>" ${objects})
endfunction()
