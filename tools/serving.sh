# shellcheck shell=sh
# serving.sh: sourced by the scripts that need a server. It runs on a free port until the script ends.

tmp=$(mktemp -d)
pid=
stop_serving() {
	[ -z "$pid" ] || kill "$pid" 2>/dev/null || true
	rm -rf "$tmp"
}
trap stop_serving EXIT

# start_serving COMMAND...: runs the command with --listen on a free port; leaves the address in $url, standard error in $tmp/err.
start_serving() {
	: >"$tmp/err"
	"$@" --listen 127.0.0.1:0 2>"$tmp/err" &
	pid=$!
	for _ in $(seq 300); do
		url=$(sed -n 's/^listening on //p' "$tmp/err")
		[ -z "$url" ] || return 0
		kill -0 "$pid" 2>/dev/null || break
		sleep 0.1
	done
	cat "$tmp/err" >&2
	return 1
}
