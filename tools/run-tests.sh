#!/bin/sh
# run-tests.sh SUMMARY PROGRAM...: runs the test programs, counts what they say, and shows what they measured; all that is shown is kept in the
# file SUMMARY if all passed. SIPCODES is the program under test.
set -u
summary=$1
shift
rm -f "$summary"
failed_programs=
passed=0
failed=0
log=$(mktemp)
trap 'rm -f "$log" "$summary.new"' EXIT
: >"$summary.new"
show() {
	tee -a "$summary.new"
}
for program in "$@"; do
	start=$(date +%s)
	"$program" >"$log" 2>&1
	status=$?
	ok=$(grep -c '^\[       OK \]' "$log")
	bad=$(grep '^\[  FAILED  \] [a-z_0-9]*$' "$log" | sort -u | wc -l)
	sed -n 's/^measure: /  /p' "$log" | show
	printf '%-45s %3d passed, %d failed (%d s)\n' "$program" "$ok" "$bad" $(($(date +%s) - start)) | show
	if [ $status -ne 0 ] || [ "$ok" -eq 0 ]; then
		cat "$log"
		failed_programs="$failed_programs $program"
		[ "$bad" -gt 0 ] || bad=1
	fi
	passed=$((passed + ok))
	failed=$((failed + bad))
done
printf '\n%d passed, %d failed\n' "$passed" "$failed" | show
[ -z "$failed_programs" ] || { echo "failed:$failed_programs" >&2; exit 1; }
mv "$summary.new" "$summary"
