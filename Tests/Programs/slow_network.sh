#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# slow_network.sh HERE THERE MILLISECONDS: joins two network namespaces that exist, 10.91.0.1 here and 10.91.0.2 there, by a
# wire that each packet needs so long for. What is sent to 10.91.0.3 arrives there, and is dropped without a word.
#
# The wire is a veth pair, which netem delays; ends with 3 where the kernel has not both. Where there is an interface wire0
# in both already, that is taken.
here=$1 there=$2 delay=$3
hardware=02:00:0a:5b:00

in_here() { ip -n "$here" "$@"; }
in_there() { ip -n "$there" "$@"; }

is_veth=
if ! in_here link show wire0 >/dev/null 2>&1; then
  ip link add wire0 netns "$here" address $hardware:01 type veth \
    peer name wire0 netns "$there" address $hardware:02 || exit 3
  is_veth=1
  for end in "$here" "$there"; do
    tc -n "$end" qdisc add dev wire0 root netem delay "${delay}ms" && continue
    in_here link delete wire0
    exit 3
  done
fi

set -e
in_here link set lo up
in_there link set lo up
in_here address add 10.91.0.1/24 dev wire0
in_there address add 10.91.0.2/24 dev wire0
in_here link set wire0 up
in_there link set wire0 up
in_there route add blackhole 10.91.0.3
# Nobody would say whose it is.
if [ "$is_veth" ]; then in_here neighbour add 10.91.0.3 lladdr $hardware:02 dev wire0; fi
