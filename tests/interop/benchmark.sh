#!/bin/bash
# redis-benchmark completes against the server with no error: benchmark.sh SERVER REQUESTS
set -euo pipefail
exec {said}< <(exec "$1" --port 0)
server=$!
trap 'kill "$server"' EXIT
read -r -u "$said" line
port=${line##*:}
out=$(redis-benchmark -p "$port" -t ping,set,get -P 16 -n "$2" --csv 2>&1)
echo "$out"
if grep -qiE 'err|warning' <<<"$out"; then exit 1; fi
for name in PING_INLINE PING_MBULK SET GET; do grep -q "^\"$name\",\"[1-9]" <<<"$out"; done
