#!/bin/sh
# fuzz.sh TARGET RUNS JOBS: feeds the target with RUNS inputs that libFuzzer makes of the sample traces, and of what it found before, in JOBS
# processes. A crash, a leak or an input that takes more than a second ends it with an error.
set -eu
target=$1
runs=$2
jobs=$3
dir=$(dirname "$target")
mkdir -p "$dir/seeds" "$dir/corpus"
for trace in tests/traces/*.txt; do
	for option in '\000' '\300'; do
		{ printf '%b' "$option"; cat "$trace"; } >"$dir/seeds/$(basename "$trace")$option"
	done
done
pids=
for job in $(seq "$jobs"); do
	"$target" -runs=$((runs / jobs)) -max_len=16384 -timeout=1 -rss_limit_mb=2048 -seed="$job" -print_final_stats=1 -verbosity=0 \
		-artifact_prefix="$dir/" "$dir/corpus" "$dir/seeds" >"$dir/$job.log" 2>&1 &
	pids="$pids $!"
done
failed=0
for pid in $pids; do
	wait "$pid" || failed=1
done
total=0
for job in $(seq "$jobs"); do
	done_here=$(sed -n 's/^stat::number_of_executed_units: *//p' "$dir/$job.log")
	total=$((total + ${done_here:-0}))
done
if [ "$failed" -ne 0 ]; then
	tail -n 40 "$dir"/*.log >&2
	exit 1
fi
echo "fuzz: $total inputs, no crash, no leak, none slower than a second"
