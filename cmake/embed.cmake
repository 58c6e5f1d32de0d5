# plait_embed(FILE NAME OUT): a C file with FILE's text as `const char NAME[]`, made again when FILE changes.
function(plait_embed file name out)
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${file})
    file(READ ${file} hex HEX)
    string(REGEX REPLACE "(..)" "0x\\1," bytes "${hex}")
    string(REGEX REPLACE "((0x..,){24})" "\\1\n" bytes "${bytes}")
    file(CONFIGURE OUTPUT ${out} CONTENT "extern const char ${name}[];\nconst char ${name}[] = {\n${bytes} 0};\n" @ONLY)
endfunction()
