#!/bin/sh
# Measures the matrix advise, and whether the advice on 20 requests that are held back is good: held_back.sh COMMAND WORK
set -eu
command=$1 work=$2
rm -rf "$work"
"$command" run advise --results "$work/results" --work "$work/cells"
"$command" advise --hold-back 20 "$work"/results/*/*
