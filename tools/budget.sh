#!/bin/sh
# budget.sh [--write] PROGRAM DB: counts under callgrind what the requests of tests/budget.tsv cost inside on_request, in instructions, and fails
# if one costs more than 5 % over its budget; with --write, records the figures as the budgets. Instructions repeat where times do not. With
# other versions of the libraries or tools than the budgets are of, it shows the figures and compares nothing.
#
# Callgrind writes and zeroes its counters whenever livez_get begins. So what is counted between two requests for /livez is what came in between
# and one request for /livez; that one, and what the first request on a connection may cost more, falls out of the difference of two counts.
set -eu
write=
if [ "$1" = --write ]; then
	write=1
	shift
fi
program=$1
db=$2
table=tests/budget.tsv
tab=$(printf '\t')
# shellcheck source=tools/serving.sh
. tools/serving.sh
trap 'exit 1' HUP INT TERM

# What the figures depend on beside the program and the knowledge base: versions, and the instructions that libraries choose by the processor.
versions() {
	for library in libmicrohttpd sqlite3 jansson libdeflate; do
		printf '%s %s, ' "$library" "$(pkg-config --modversion "$library")"
	done
	printf '%s, %s, ' "$(getconf GNU_LIBC_VERSION)" "$(valgrind --version)"
	readelf -p .comment "$program" | sed -n 's/^ *\[[^]]*\] *//p' | tr '\n' ',' | sed 's/,$//; s/,/, /g'
	printf ', %s' "$(uname -m)"
	if grep -qw avx2 /proc/cpuinfo 2>/dev/null; then
		printf ' avx2'
	fi
}

die() {
	echo "budget: $1" >&2
	exit 1
}

# ask NAME STATUS: lets curl send what the file $tmp/NAME says, on one connection; every answer has to have the status.
ask() {
	curl --silent --show-error --user-agent budget --header 'Host: sipcodes' --config "$tmp/$1" --write-out '%{stderr}%{http_code} %{num_connects}\n' \
		>/dev/null 2>"$tmp/answers" || { cat "$tmp/answers" >&2; die "$name: no answer"; }
	others=$(awk -v status="$2" '$1 != status || $2 != (NR == 1)' "$tmp/answers")
	[ -z "$others" ] || die "$name: not $2 on one connection, but: $(printf '%s' "$others" | head -n 1)"
}

# Has the counters written and zeroed; leaves in $counted what was counted since the last time.
count() {
	ask mark 200
	[ -f "$tmp/counts.$next" ] || die 'livez_get is not seen: was it renamed, or made part of another function?'
	counted=$(sed -n 's/^totals: //p' "$tmp/counts.$next")
	rm "$tmp/counts.$next"
	next=$((next + 1))
}

# start SERVER: starts the server that a row of the table names, in place of the one before.
start() {
	stop
	case $1 in
	cache) set -- --cache-bytes 4194304 --access-log off ;;
	log) set -- --cache-bytes 4194304 --access-log /dev/null ;;
	no-cache) set -- --cache-bytes 0 --access-log off ;;
	*) die "there is no server called $1" ;;
	esac
	start_serving valgrind --tool=callgrind --vgdb=no --callgrind-out-file="$tmp/counts" --toggle-collect=on_request --dump-before=livez_get \
		"$program" serve --threads 1 --db "$db" "$@"
	next=1
	printf 'url = "%s/livez"\n' "$url" >"$tmp/mark"
	count
	[ "$counted" -gt 0 ] || die 'on_request is not seen: was it renamed, or made part of another function?'
}

stop() {
	[ -n "$pid" ] || return 0
	kill "$pid"
	wait "$pid" || die 'the server ended with an error'
	pid=
}

# configure TARGET FIELD-TAB-FIELD...: prints what curl needs to know to send the request, but the address.
configure() {
	printf '%s\n' "$2" | tr '\t' '\n' | while IFS= read -r field; do
		case $field in
		-) ;;
		'@long') printf 'data-binary = "@%s/long"\n' "$tmp" ;;
		'@'*) printf 'data-binary = "%s"\n' "$field" ;;
		*'ETAG')
			curl -sS -o /dev/null -D "$tmp/head" "$url$1"
			printf 'header = "%s%s"\n' "${field%ETAG}" "$(sed -n 's/\r$//; s/"/\\"/g; s/^ETag: //p' "$tmp/head")"
			;;
		*) printf 'header = "%s"\n' "$field" ;;
		esac
	done
}

# repeat TIMES TARGET: prints the address as often.
repeat() {
	for _ in $(seq "$1"); do
		printf 'url = "%s%s"\n' "$url" "$2"
	done
}

size=0
for trace in tests/traces/*.txt; do
	size=$((size + $(wc -c <"$trace")))
	[ "$size" -le 200000 ] || break
	cat "$trace"
done >"$tmp/long"

versions=$(versions)
recorded=$(sed -n 's/^# Counted with //p' "$table")
compared=1
[ "$versions" = "$recorded" ] || compared=
[ -z "$write" ] || compared=
running=
over=0
LC_ALL=C
export LC_ALL
while IFS= read -r line; do
	case $line in
	'# Counted with '*)
		echo "# Counted with $versions" >>"$tmp/table"
		continue
		;;
	'#'* | '')
		printf '%s\n' "$line" >>"$tmp/table"
		continue
		;;
	esac
	IFS=$tab read -r name budget requests server status target fields <<-END
		$line
	END
	if [ "$server" != "$running" ]; then
		start "$server"
		running=$server
	fi
	configure "$target" "$fields" >"$tmp/fields"
	{ cat "$tmp/fields"; repeat $((requests / 4 + 1)) "$target"; } >"$tmp/warming"
	{ cat "$tmp/fields"; repeat 1 "$target"; } >"$tmp/one"
	{ cat "$tmp/fields"; repeat $((requests + 1)) "$target"; } >"$tmp/more"
	ask warming "$status"
	count
	ask one "$status"
	count
	of_one=$counted
	ask more "$status"
	count
	figure=$(((counted - of_one + requests / 2) / requests))
	[ "$figure" -gt 0 ] || die "$name: nothing is counted"
	note=
	if [ -n "$compared" ] && [ $((figure * 100)) -gt $((budget * 105)) ]; then
		note=': more than 5 % over it'
		over=$((over + 1))
	elif [ -n "$compared" ] && [ $((figure * 100)) -lt $((budget * 95)) ]; then
		note=': more than 5 % below it, which should be recorded'
	fi
	echo "measure: $name: $figure instructions (budget $budget)$note"
	printf '%s\t%s\t%s\t%s\t%s\t%s\t%s\n' "$name" "$figure" "$requests" "$server" "$status" "$target" "$fields" >>"$tmp/table"
done <"$table"
stop

if [ -n "$write" ]; then
	cp "$tmp/table" "$table"
elif [ -z "$compared" ]; then
	printf 'budget: not compared, since the budgets are of\n  %s\nand here is\n  %s\n' "$recorded" "$versions"
elif [ "$over" -gt 0 ]; then
	echo "budget: $over kinds of requests cost more than 5 % over their budget; see CONTRIBUTING.md" >&2
	exit 1
else
	echo 'budget: every kind of request is within its budget'
fi
