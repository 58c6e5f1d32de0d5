# XNNPACK for WebAssembly with its own CMake files, which know every processor but this one: they are told of a Linux with an
# unknown processor, which makes the portable library, and its lists of WebAssembly kernels are added to that.
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR wasm)
foreach(option ASSEMBLY KLEIDIAI HVX VSX RISCV_VECTOR SPARSE AVXVNNI AVXVNNIINT8 AVX256SKX AVX256VNNI AVX256VNNIGFNI AVX512F
               AVX512SKX AVX512VBMI AVX512VNNI AVX512VNNIGFNI AVX512AMX AVX512FP16)
    set(XNNPACK_ENABLE_${option} OFF)
endforeach()
add_library(cpuinfo INTERFACE) # there is nothing to ask
add_compile_options(-UXNN_ENABLE_CPUINFO -DXNN_ENABLE_CPUINFO=0)

# Two WebAssembly kernels include arm_neon.h by mistake, and XNNPACK's own math.h uses rint without the C library's.
file(WRITE ${CMAKE_BINARY_DIR}/stub/arm_neon.h "#include <wasm_simd128.h>\n")
include_directories(${CMAKE_BINARY_DIR}/stub)
add_compile_options(-include math.h)

# pthreadpool takes EMSCRIPTEN for "no threads".
if(PLAIT_WASM_VARIANT MATCHES threads)
    set(EMSCRIPTEN OFF)
endif()
add_subdirectory(${SOURCES}/xnnpack xnnpack EXCLUDE_FROM_ALL)

set(lists wasm wasmsimd)
if(PLAIT_WASM_VARIANT MATCHES relaxed)
    list(APPEND lists wasmrelaxedsimd)
endif()
foreach(list IN LISTS lists)
    include(${SOURCES}/xnnpack/cmake/gen/${list}_microkernels.cmake)
    string(TOUPPER PROD_${list}_MICROKERNEL_SRCS kernels)
    list(TRANSFORM ${kernels} PREPEND ${SOURCES}/xnnpack/)
    target_sources(microkernels-prod PRIVATE ${${kernels}})
endforeach()
target_compile_options(microkernels-prod PRIVATE -fno-math-errno)
# Some six hundred files of one function each: starting Emscripten for each would be most of the time.  What has flags of its
# own does not take part, and this option, set above for all, is all they have.
get_target_property(kernels microkernels-prod SOURCES)
list(TRANSFORM kernels PREPEND ${SOURCES}/xnnpack/ REGEX "^src/")
set_property(SOURCE ${kernels} TARGET_DIRECTORY microkernels-prod PROPERTY COMPILE_FLAGS)
set_target_properties(microkernels-prod PROPERTIES UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE 24)
