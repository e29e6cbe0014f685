#!/bin/sh
# packages.sh PACKAGE...: installs the Debian packages that are missing; where it may not, it names them and fails.
set -eu
missing=
for package in "$@"; do
	dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q '^install ok installed' || missing="$missing $package"
done
[ -n "$missing" ] || exit 0
run='env'
if [ "$(id -u)" != 0 ]; then
	if command -v sudo >/dev/null && sudo -n true 2>/dev/null; then
		run='sudo -n env'
	else
		echo "These packages are missing:$missing" >&2
		echo "Install them as root: apt-get install$missing" >&2
		exit 1
	fi
fi
command -v apt-get >/dev/null || {
	echo "There is no apt-get here; install what corresponds to these Debian packages:$missing" >&2
	exit 1
}
echo "installing:$missing"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
# shellcheck disable=SC2086  # a list of words
if ! { $run apt-get update -q && $run DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends $missing; } >"$log" 2>&1; then
	tail -20 "$log" >&2
	exit 1
fi
