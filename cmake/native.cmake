# Libraries that only native builds have, from the system's packages: plait_native_library(NAME HEADER VERSION_HEADER MACRO MINIMUM).
# The version is the text that MACRO is defined as.
function(plait_native_library name header version_header macro minimum)
    find_path(PLAIT_INCLUDE_${name} ${header} REQUIRED)
    find_library(PLAIT_LIBRARY_${name} NAMES ${name} REQUIRED)
    mark_as_advanced(PLAIT_INCLUDE_${name} PLAIT_LIBRARY_${name})
    file(STRINGS ${PLAIT_INCLUDE_${name}}/${version_header} line REGEX "#define ${macro} ")
    string(REGEX MATCH "[0-9.]+" version "${line}")
    if(version VERSION_LESS minimum)
        message(FATAL_ERROR "${name}: expected version ${minimum} or newer, found ${version} in ${PLAIT_INCLUDE_${name}}")
    endif()
    target_include_directories(plait_dependencies SYSTEM INTERFACE $<BUILD_INTERFACE:${PLAIT_INCLUDE_${name}}>)
    target_link_libraries(plait_dependencies INTERFACE $<BUILD_INTERFACE:${PLAIT_LIBRARY_${name}}> $<INSTALL_INTERFACE:${name}>)
endfunction()

plait_native_library(sodium sodium.h sodium/version.h SODIUM_VERSION_STRING 1.0.18)
plait_native_library(sqlite3 sqlite3.h sqlite3.h SQLITE_VERSION 3.34)
plait_native_library(pq postgresql/libpq-fe.h postgresql/pg_config.h PG_VERSION 13)

# hnswlib is headers alone, and says no version: what 0.6 brought is looked for.  Its C++ runtime is linked as any other library,
# so that who uses Plait needs no C++.
find_path(PLAIT_INCLUDE_hnswlib hnswlib/hnswlib.h REQUIRED)
mark_as_advanced(PLAIT_INCLUDE_hnswlib)
file(STRINGS ${PLAIT_INCLUDE_hnswlib}/hnswlib/hnswalg.h line REGEX "markDeletedInternal" LIMIT_COUNT 1)
if(NOT line)
    message(FATAL_ERROR "hnswlib: expected version 0.6 or newer in ${PLAIT_INCLUDE_hnswlib}")
endif()
target_include_directories(plait_dependencies SYSTEM INTERFACE $<BUILD_INTERFACE:${PLAIT_INCLUDE_hnswlib}>)
target_link_libraries(plait_dependencies INTERFACE $<INSTALL_INTERFACE:stdc++>)
