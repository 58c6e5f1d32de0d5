# The toolchain file of the wasm presets: Emscripten, and what one variant of WebAssembly may use.
set(PLAIT_WASM_VARIANT simd CACHE STRING "simd, threads (with SIMD), relaxed (SIMD) or relaxed-threads")
list(APPEND CMAKE_TRY_COMPILE_PLATFORM_VARIABLES PLAIT_WASM_VARIANT)

# What every browser with SIMD has, too: saturating float to integer, memory.copy.
set(flags "-msimd128 -mnontrapping-fptoint -mbulk-memory")
if(PLAIT_WASM_VARIANT MATCHES relaxed)
    string(APPEND flags " -mrelaxed-simd")
endif()
if(PLAIT_WASM_VARIANT MATCHES threads)
    string(APPEND flags " -pthread")
endif()
set(CMAKE_C_FLAGS_INIT ${flags})
set(CMAKE_CXX_FLAGS_INIT ${flags})

# This file is read many times in one configuration: the environment remembers.
if(NOT DEFINED ENV{PLAIT_EMSCRIPTEN})
    execute_process(COMMAND ${CMAKE_CURRENT_LIST_DIR}/../scripts/emscripten.sh --path OUTPUT_VARIABLE emscripten
                    OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
    if(NOT EXISTS ${emscripten})
        message(FATAL_ERROR "Emscripten is not set up: run ./setup, or put emcc on the PATH (looked in ${emscripten})")
    endif()
    set(ENV{PLAIT_EMSCRIPTEN} ${emscripten})
endif()
include($ENV{PLAIT_EMSCRIPTEN}/cmake/Modules/Platform/Emscripten.cmake)
