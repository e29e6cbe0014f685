#!/bin/sh
# run-tests.sh PROGRAM...: runs the test programs and counts what they say, and shows what they measured; SIPCODES is the
# program under test.
set -u
failed_programs=
passed=0
failed=0
log=$(mktemp)
trap 'rm -f "$log"' EXIT
for program in "$@"; do
	start=$(date +%s)
	"$program" >"$log" 2>&1
	status=$?
	ok=$(grep -c '^\[       OK \]' "$log")
	bad=$(grep '^\[  FAILED  \] [a-z_0-9]*$' "$log" | sort -u | wc -l)
	sed -n 's/^measure: /  /p' "$log"
	printf '%-45s %3d passed, %d failed (%d s)\n' "$program" "$ok" "$bad" $(($(date +%s) - start))
	if [ $status -ne 0 ] || [ "$ok" -eq 0 ]; then
		cat "$log"
		failed_programs="$failed_programs $program"
		[ "$bad" -gt 0 ] || bad=1
	fi
	passed=$((passed + ok))
	failed=$((failed + bad))
done
echo
echo "$passed passed, $failed failed"
[ -z "$failed_programs" ] || { echo "failed:$failed_programs" >&2; exit 1; }
