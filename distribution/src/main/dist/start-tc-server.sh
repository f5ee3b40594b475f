#!/bin/sh
exec "$(dirname -- "$(readlink -f -- "$0")")/bin/stoneware" start-server "$@"
