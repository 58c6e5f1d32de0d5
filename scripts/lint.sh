#!/usr/bin/env bash
# Formatting (clang-format 19) and defects (cppcheck); `scripts/lint.sh --fix` formats.
set -euo pipefail
cd "$(dirname "$0")/.."

mapfile -t files < <(find src tests models -name node_modules -prune -o \( -name '*.[ch]' -o -name '*.cpp' \) -print | sort)
if [ "${1:-}" = --fix ]; then
    exec clang-format-19 -i "${files[@]}"
fi
clang-format-19 --dry-run -Werror "${files[@]}"
cppcheck --quiet --error-exitcode=1 --std=c11 --language=c --enable=warning,portability --inline-suppr \
    --suppressions-list=scripts/cppcheck.txt -j "$(nproc)" -Isrc -D_POSIX_C_SOURCE=200809L -i src/memory/approximate.cpp src
echo "lint: ${#files[@]} files are clean"
