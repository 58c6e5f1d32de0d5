# plait_embed(FILE NAME OUT): a C file with FILE's text as `const char NAME[]`, made again when FILE changes.
# As a script, `cmake -D FILE=... -D NAME=... -D OUT=... -P embed.cmake`, for files that the build makes.
function(plait_embed_now file name out)
    file(READ ${file} hex HEX)
    string(REGEX REPLACE "(..)" "0x\\1," bytes "${hex}")
    string(REGEX REPLACE "((0x..,){24})" "\\1\n" bytes "${bytes}")
    file(CONFIGURE OUTPUT ${out} CONTENT "extern const char ${name}[];\nconst char ${name}[] = {\n${bytes} 0};\n" @ONLY)
endfunction()

function(plait_embed file name out)
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${file})
    plait_embed_now(${file} ${name} ${out})
endfunction()

if(CMAKE_SCRIPT_MODE_FILE AND DEFINED FILE)
    plait_embed_now(${FILE} ${NAME} ${OUT})
endif()
