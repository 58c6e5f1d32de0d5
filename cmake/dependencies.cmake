# The target plait_dependencies: everything third-party that Plait links.
#
# PLAIT_DEPENDENCIES_DIR says where from:
#   (empty)   the cache that scripts/dependencies.sh fills from cmake/dependencies.lock
#   a folder  laid out like that cache: include/, lib/, source/
#   "system"  the machine's own packages, where CMake usually finds them
set(PLAIT_DEPENDENCIES_DIR "" CACHE STRING "Folder of built dependencies, or 'system'; empty for Plait's own cache")

if(PLAIT_DEPENDENCIES_DIR)
    set(PLAIT_PREFIX ${PLAIT_DEPENDENCIES_DIR})
else()
    set(target native)
    if(EMSCRIPTEN)
        set(target wasm-${PLAIT_WASM_VARIANT})
    endif()
    execute_process(COMMAND ${PROJECT_SOURCE_DIR}/scripts/dependencies.sh --path ${target} OUTPUT_VARIABLE PLAIT_PREFIX
                    OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
    if(NOT EXISTS ${PLAIT_PREFIX})
        message(FATAL_ERROR "Dependencies for ${target} are not built: run ./setup or scripts/dependencies.sh ${target}, or set "
                            "PLAIT_DEPENDENCIES_DIR (looked in ${PLAIT_PREFIX})")
    endif()
endif()

# What was found in another folder is forgotten.
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS cmake/dependencies.lock cmake/dependencies/CMakeLists.txt
             cmake/dependencies/wasm.cmake)
if(NOT PLAIT_PREFIX STREQUAL "${PLAIT_PREFIX_SEEN}")
    get_property(variables DIRECTORY PROPERTY CACHE_VARIABLES)
    list(FILTER variables INCLUDE REGEX "^PLAIT_(LIBRARY|INCLUDE|NANOPB)_")
    foreach(variable IN LISTS variables)
        unset(${variable} CACHE)
    endforeach()
    set(PLAIT_PREFIX_SEEN ${PLAIT_PREFIX} CACHE INTERNAL "where the dependencies were found")
endif()

# Our folder is looked in alone; the system only when it was asked for.
if(PLAIT_PREFIX STREQUAL "system")
    set(where)
else()
    set(where PATHS ${PLAIT_PREFIX}/lib ${PLAIT_PREFIX}/include ${PLAIT_PREFIX}/source NO_DEFAULT_PATH NO_CMAKE_FIND_ROOT_PATH)
endif()

set(PLAIT_DEPENDENCY_LIBRARIES)
set(libraries XNNPACK microkernels-prod pthreadpool)
if(NOT EMSCRIPTEN)
    list(APPEND libraries cpuinfo)
endif()
foreach(name IN LISTS libraries)
    find_library(PLAIT_LIBRARY_${name} NAMES ${name} xnn${name} ${where})
    mark_as_advanced(PLAIT_LIBRARY_${name})
    if(PLAIT_LIBRARY_${name})
        list(APPEND PLAIT_DEPENDENCY_LIBRARIES ${PLAIT_LIBRARY_${name}})
    elseif(NOT name STREQUAL microkernels-prod) # inside XNNPACK where that is a shared library
        message(FATAL_ERROR "${name}: no such library in ${PLAIT_PREFIX}")
    endif()
endforeach()
find_path(PLAIT_INCLUDE_XNNPACK xnnpack.h ${where} REQUIRED)
find_path(PLAIT_INCLUDE_PTHREADPOOL pthreadpool.h ${where} REQUIRED)
find_path(PLAIT_INCLUDE_STB stb_image.h PATH_SUFFIXES stb ${where} REQUIRED)
find_path(PLAIT_INCLUDE_CJSON cJSON.h PATH_SUFFIXES cjson ${where} REQUIRED)
find_path(PLAIT_INCLUDE_KISSFFT kiss_fftr.h PATH_SUFFIXES kissfft ${where} REQUIRED)
find_path(PLAIT_INCLUDE_NANOPB pb_decode.h PATH_SUFFIXES nanopb ${where} REQUIRED)
find_program(PLAIT_NANOPB_GENERATOR NAMES nanopb_generator.py
             PATHS ${PLAIT_INCLUDE_NANOPB}/generator /usr/bin NO_DEFAULT_PATH REQUIRED)
find_file(PLAIT_ONNX_PROTO NAMES onnx/onnx.proto PATHS /usr/include /usr/local/include NO_CMAKE_FIND_ROOT_PATH REQUIRED)
find_package(Threads REQUIRED)

# The generator needs a Python that has protobuf; Debian's packages are seen by /usr/bin/python3 alone.
find_program(PLAIT_PYTHON NAMES python3 PATHS /usr/bin NO_DEFAULT_PATH)
find_program(PLAIT_PYTHON NAMES python3 REQUIRED)

# The ONNX messages, as C: generated at build time from Debian's onnx.proto.
set(generated ${PROJECT_BINARY_DIR}/generated)
file(MAKE_DIRECTORY ${generated})
cmake_path(GET PLAIT_ONNX_PROTO PARENT_PATH proto_folder)
set(options ${PROJECT_SOURCE_DIR}/src/onnx/onnx.options)
add_custom_command(
    OUTPUT ${generated}/onnx.pb.c ${generated}/onnx.pb.h
    COMMAND ${PLAIT_PYTHON} ${PLAIT_NANOPB_GENERATOR} --quiet -I ${proto_folder} -f ${options} -D ${generated} onnx.proto
    DEPENDS ${options} ${PLAIT_ONNX_PROTO}
    COMMENT "Generating onnx.pb.c")
set(sources ${generated}/onnx.pb.c ${generated}/onnx.pb.h)

# Small libraries that come as sources: compiled with our sanitizers, without our warnings.
foreach(file IN ITEMS ${PLAIT_INCLUDE_CJSON}/cJSON.c ${PLAIT_INCLUDE_KISSFFT}/kiss_fft.c ${PLAIT_INCLUDE_KISSFFT}/kiss_fftr.c
                      ${PLAIT_INCLUDE_NANOPB}/pb_common.c ${PLAIT_INCLUDE_NANOPB}/pb_decode.c)
    if(EXISTS ${file})
        list(APPEND sources ${file})
    endif()
endforeach()
if(PLAIT_PREFIX STREQUAL "system")
    foreach(name cjson kissfft-float protobuf-nanopb)
        find_library(PLAIT_LIBRARY_${name} NAMES ${name} REQUIRED)
        list(APPEND PLAIT_DEPENDENCY_LIBRARIES ${PLAIT_LIBRARY_${name}})
    endforeach()
endif()
add_library(plait_small STATIC ${sources})
target_include_directories(plait_small SYSTEM PUBLIC
    "$<BUILD_INTERFACE:${PLAIT_INCLUDE_CJSON};${PLAIT_INCLUDE_KISSFFT};${PLAIT_INCLUDE_NANOPB};${generated}>")
target_compile_options(plait_small PRIVATE -w)
target_link_libraries(plait_small PRIVATE $<BUILD_INTERFACE:plait_sanitizers>)

add_library(plait_dependencies INTERFACE)
target_include_directories(plait_dependencies SYSTEM INTERFACE
    "$<BUILD_INTERFACE:${PLAIT_INCLUDE_XNNPACK};${PLAIT_INCLUDE_PTHREADPOOL};${PLAIT_INCLUDE_STB}>")
# An installed Plait has the archives beside it.
foreach(library IN LISTS PLAIT_DEPENDENCY_LIBRARIES)
    cmake_path(GET library FILENAME file)
    if(PLAIT_PREFIX STREQUAL "system")
        target_link_libraries(plait_dependencies INTERFACE ${library})
    else()
        target_link_libraries(plait_dependencies INTERFACE
            $<BUILD_INTERFACE:${library}> $<INSTALL_INTERFACE:$<INSTALL_PREFIX>/lib/plait/${file}>)
    endif()
endforeach()
target_link_libraries(plait_dependencies INTERFACE plait_small Threads::Threads m)
