#!/bin/sh
exec "$(dirname -- "$(readlink -f -- "$0")")/stoneware" server-stat "$@"
