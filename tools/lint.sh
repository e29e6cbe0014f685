#!/bin/sh
# lint.sh: everything that can be checked without running a test; SIPCODES is the program, for the content check.
set -u
faults=0
report() {
	faults=$((faults + 1))
	echo "lint: $1"
}

c_files=$(git ls-files '*.c' '*.h')
sh_files=$(git ls-files '*.sh' .ci/run)

# shellcheck disable=SC2086,SC2046  # lists of files without blanks
{
	clang-format --dry-run -Werror $c_files || report 'clang-format: run clang-format -i on the files above'

	clang-tidy --quiet --warnings-as-errors='*' \
		--checks='-*,bugprone-*,clang-analyzer-*,-bugprone-easily-swappable-parameters,-bugprone-reserved-identifier,-bugprone-assignment-in-if-condition,-clang-analyzer-security.insecureAPI.DeprecatedOrUnsafeBufferHandling,-clang-analyzer-valist.Uninitialized' \
		$(git ls-files 'db/*.c' 'trace/*.c' 'service/*.c' 'bench/*.c') -- -std=c11 -I. -D_GNU_SOURCE 2>/dev/null || report 'clang-tidy'

	banned=$(grep -nE '\b(sprintf|vsprintf|strcpy|strcat|strncpy|strncat|atoi|atol|gets|system|popen|alloca)\(' $(git ls-files 'db/*.[ch]' 'trace/*.[ch]' 'service/*.[ch]' 'bench/*.[ch]'))
	[ -z "$banned" ] || report "banned calls: $banned"

	shellcheck -x $sh_files || report 'shellcheck'

	codespell -q 3 -L ser,iif,uas,respons $(git ls-files '*.c' '*.h' '*.md' '*.sql' '*.sh' docs openapi ':!tests/golden') || report 'codespell'
}

# The fences: who may know SQLite, and who libmicrohttpd.
outside=$(git grep -l 'include <sqlite3.h>' -- service db | grep -v '^db/kb' || true)
[ -z "$outside" ] || report "<sqlite3.h> outside db/kb*: $outside"
outside=$(git grep -l 'include <microhttpd.h>' -- '*.[ch]' | grep -vE '^(service/http|bench)/' || true)
[ -z "$outside" ] || report "<microhttpd.h> outside service/http and bench: $outside"
outside=$(git grep -lE 'include "service/' -- db || true)
[ -z "$outside" ] || report "db knows the service: $outside"
outside=$(git grep -lE 'include ("(db|service)/|<sqlite3.h>)' -- trace || true)
[ -z "$outside" ] || report "trace knows more than text: $outside"
outside=$(git grep -lE 'include "service/(http|api)/' -- service/render || true)
[ -z "$outside" ] || report "render knows more than documents: $outside"

outside=$(git grep -lE 'include "service/http/' -- service/api || true)
[ -z "$outside" ] || report "api knows HTTP's inside: $outside"

# Blanks at the ends of lines, and CRs.
messy=$(git grep -nI -e '[[:blank:]]$' --or -e "$(printf '\r')\$" -- ':!tests/traces' || true)
[ -z "$messy" ] || report "blanks at the end of lines: $messy"

"${SIPCODES:-build/sipcodes}" check db/content || report 'content'
for file in $(git ls-files '*.json' ':!tests/golden'); do
	jq empty "$file" || report "$file is not JSON"
done

if command -v man >/dev/null && [ -f docs/sipcodes.1 ]; then
	warnings=$(LC_ALL=C.UTF-8 MANROFFSEQ='' MANWIDTH=80 man --warnings -E UTF-8 -l -Tutf8 -Z docs/sipcodes.1 2>&1 >/dev/null)
	[ -z "$warnings" ] || report "man page: $warnings"
fi

[ "$faults" -eq 0 ] || { echo "lint: $faults kinds of faults" >&2; exit 1; }
echo 'lint: no faults'
