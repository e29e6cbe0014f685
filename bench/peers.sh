#!/bin/sh
# peers.sh DIR: puts the peers that npm has (package.json beside this file) into the folder; where they cannot be had, it says so.
set -eu
here=$(dirname "$0")
dir=$1
patience=600 # seconds: better-sqlite3 may have to be compiled
rm -rf "$dir"
mkdir -p "$dir"
cp "$here/package.json" "$dir"
# Where Node brought its headers along, none are fetched.
node_prefix=$(dirname "$(dirname "$(readlink -f "$(command -v node)")")")
[ ! -d "$node_prefix/include/node" ] || export npm_config_nodedir="$node_prefix"
echo 'bench: npm installs Fastify, better-sqlite3 and json-server; this takes a minute or two'
if ! timeout -k 5 "$patience" npm install --silent --no-audit --no-fund --no-package-lock --prefix "$dir" >"$dir/install.log" 2>&1 ||
	! node -e "new (require('$PWD/$dir/node_modules/better-sqlite3'))(':memory:')" >>"$dir/install.log" 2>&1; then
	cat "$dir/install.log" >&2
	rm -rf "$dir"
	echo 'bench: measured without them, npm could not install them'
	exit 0
fi
touch "$dir/installed"
