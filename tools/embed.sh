#!/bin/sh
# embed.sh FILE...: writes assembly that puts the files into the program as embedded_files[] (db/embedded.h).
set -eu
echo '	.section .data.rel.ro,"aw"'
echo '	.balign 8'
echo '	.globl embedded_files'
echo 'embedded_files:'
n=0
for f in "$@"; do
	printf '\t.quad name_%d, data_%d, end_%d - data_%d\n' $n $n $n $n
	n=$((n + 1))
done
printf '\t.quad 0, 0, 0\n'
echo '	.section .rodata'
n=0
for f in "$@"; do
	printf 'name_%d:\t.asciz "%s"\ndata_%d:\t.incbin "%s"\nend_%d:\t.byte 0\n' $n "$f" $n "$f" $n
	n=$((n + 1))
done
echo '	.section .note.GNU-stack,"",%progbits'
