#!/bin/sh
# A new suite touches its own folder and one line: builds the command with the one in new_suite/, and has it measured,
# resumed, shown, exported and compared. new_suite.sh SOURCE WORK CMAKE-OPTION…
set -eu
source=$1 work=$2
shift 2
tree=$work/source results=$work/results
mkdir -p "$tree"
rm -rf "$tree/harness" "$results"
(cd "$source" && git ls-files -z | tar --null --files-from - --create) | tar --directory "$tree" --extract

cp -R "$source/tests/e2e/new_suite" "$tree/harness/suites/fill"
sed -i 's/^set(suites$/&\n  fill/' "$tree/harness/suites/CMakeLists.txt"

cmake -S "$tree" -B "$work/build" -DANNULUS_TESTS=OFF -DCMAKE_UNITY_BUILD=ON "$@" > "$work/configured"
cmake --build "$work/build" --target annulus_cli > "$work/built" || { cat "$work/built"; exit 1; }
annulus=$work/build/harness/annulus

cat > "$work/fill.toml" << 'END'
schema = 1
suite = "fill"
name = "fill"
repetitions = 6
[axes]
size = ["64KiB", "4MiB"]
value = "all"
END
cd "$work"
export ANNULUS_ROOT="$tree"
"$annulus" run fill.toml --results "$results" --work "$work"
run=$(echo "$results"/*/*)
"$annulus" run --resume "$run" --work "$work" | grep '24 of 24 turns finished, 0 failed'
"$annulus" table "$run" | grep '64KiB GB/s'
"$annulus" export "$run" | grep -c ',measured,' | grep -x 24
"$annulus" compare "$run" "$run" | grep 'worse by more than 5 % in no cell of 4'
"$annulus" run fill.toml --set value=two --check 2>&1 | grep 'must be one of zero, one, but is "two"'
