# The GPU's backend: src/backend/cuda, with its kernels as PTX inside.  clang makes PTX from C alone: neither NVIDIA's toolkit nor a
# GPU is needed to build it, and the driver is opened when it is first used.  PLAIT_CUDA=OFF leaves the backend out.
find_program(PLAIT_CUDA_CLANG NAMES clang-19 DOC "The compiler of the GPU's kernels")
if(NOT PLAIT_CUDA AND (NOT PLAIT_CUDA_CLANG OR PLAIT_FUZZ))
    return() # nothing is decided: once clang-19 is installed the backend is built
endif()
option(PLAIT_CUDA "Build the backend for NVIDIA's GPUs (needs clang-19)" ON)
if(NOT PLAIT_CUDA)
    return()
endif()
if(NOT PLAIT_CUDA_CLANG)
    message(FATAL_ERROR "PLAIT_CUDA: expected clang-19, which Debian's package clang-19 has")
endif()

# PTX 6.3 for compute capability 7.5: what drivers of 2018 and later make into code of their GPU, whichever it is.
set(flags --target=nvptx64-nvidia-cuda -march=sm_75 --cuda-path=${PROJECT_BINARY_DIR}/none
          -Xclang -target-feature -Xclang -ptx85 -Xclang -target-feature -Xclang +ptx63
          -std=c17 -ffreestanding -fconvergent-functions -fno-math-errno -ffp-contract=fast -O3 -Wall -Wextra -Werror)
set(kernels ${PROJECT_SOURCE_DIR}/src/backend/cuda/kernels)
file(GLOB headers CONFIGURE_DEPENDS ${kernels}/*.h)
file(GLOB files CONFIGURE_DEPENDS ${kernels}/*.c)
set(generated ${PROJECT_BINARY_DIR}/generated/cuda)
file(MAKE_DIRECTORY ${generated})
set(images)
foreach(file IN LISTS files)
    cmake_path(GET file STEM name)
    add_custom_command(OUTPUT ${generated}/${name}.ptx
                       COMMAND ${PLAIT_CUDA_CLANG} ${flags} -I${PROJECT_SOURCE_DIR}/src -S ${file} -o ${generated}/${name}.ptx
                       DEPENDS ${file} ${headers} VERBATIM)
    add_custom_command(OUTPUT ${generated}/${name}.c
                       COMMAND ${CMAKE_COMMAND} -D FILE=${generated}/${name}.ptx -D NAME=plait__cuda_image_${name}
                               -D OUT=${generated}/${name}.c -P ${PROJECT_SOURCE_DIR}/cmake/embed.cmake
                       DEPENDS ${generated}/${name}.ptx ${PROJECT_SOURCE_DIR}/cmake/embed.cmake VERBATIM)
    list(APPEND images ${generated}/${name}.c)
endforeach()

file(GLOB sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/src/backend/cuda/*.c)
target_sources(plait PRIVATE ${sources} ${images})
target_compile_definitions(plait PRIVATE PLAIT__CUDA)
