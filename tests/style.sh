#!/bin/sh
# Checks the form of the sources: style.sh format | tidy, then the source and the build folder.
set -eu
what=$1 source=$2 build=$3
cd "$source"
case $what in
  format)
    git ls-files '*.cpp' '*.hpp' | xargs clang-format --dry-run -Werror
    ;;
  tidy)
    git ls-files '*.cpp' | grep -v '^tests/' | xargs -P "$(nproc)" -n 1 clang-tidy -p "$build" --quiet 2>/dev/null
    ;;
esac
