# Programs of a wasm preset that run under Node with the machine's own files: the tests, and the command for them.
# Shipped is only what wasm/ builds.
find_program(PLAIT_NODE NAMES node nodejs REQUIRED)
set(CMAKE_CROSSCOMPILING_EMULATOR ${PLAIT_NODE})
if(PLAIT_WASM_VARIANT MATCHES relaxed)
    execute_process(COMMAND ${PLAIT_NODE} --experimental-wasm-relaxed-simd -e 0 RESULT_VARIABLE unknown ERROR_QUIET)
    if(unknown EQUAL 0) # newer ones need no flag and know none
        list(APPEND CMAKE_CROSSCOMPILING_EMULATOR --experimental-wasm-relaxed-simd)
    endif()
endif()

# They are CommonJS, unlike what is shipped.
set(PLAIT_NODE_FOLDER ${PROJECT_BINARY_DIR}/node)
file(WRITE ${PLAIT_NODE_FOLDER}/package.json "{ \"type\": \"commonjs\" }\n")

# -O1: linking is what takes the time, and optimises nothing that is tested.
function(plait_runs_in_node target)
    set_target_properties(${target} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PLAIT_NODE_FOLDER}
                                               LINK_DEPENDS ${PROJECT_SOURCE_DIR}/cmake/node.js)
    target_link_options(${target} PRIVATE -O1 -sNODERAWFS -sENVIRONMENT=node,worker -sEXIT_RUNTIME -sMAXIMUM_MEMORY=2GB
                        --pre-js ${PROJECT_SOURCE_DIR}/cmake/node.js)
    if(PLAIT_WASM_VARIANT MATCHES threads)
        target_link_options(${target} PRIVATE -sPTHREAD_POOL_SIZE=4)
    endif()
endfunction()

# Starts a program as a native one is started, from the root of the build.
function(plait_launcher target name)
    list(JOIN CMAKE_CROSSCOMPILING_EMULATOR " " node)
    file(GENERATE OUTPUT ${PROJECT_BINARY_DIR}/${name} CONTENT "#!/bin/sh\nexec ${node} $<TARGET_FILE:${target}> \"$@\"\n"
         FILE_PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
endfunction()
