#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A launcher under real sudo: the command is to be what it would be without sudo and launcher.
#
#     sudo.sh LAUNCHER WHOAMI
#
# LAUNCHER is LaunchDriver, WHOAMI the program of Tests/Programs/whoami.c. Needs root and sudo(8). The user, the groups
# and the sudoers line exist in a mount namespace of this script's own: the machine keeps nothing of it.
# Prints a line for each claim, and exits with the number of those that do not hold.
set -u
here=$(cd "$(dirname "$0")" && pwd)

if [ "${1:-}" != --inside ]; then
  exec unshare --mount --propagation private -- sh "$0" --inside "$here" "$@"
fi
here=$2 launcher=$3 whoami=$4

directory=$(mktemp -d) || exit 99
trap 'rm -rf "$directory"' EXIT
chmod 755 "$directory"
cp "$launcher" "$directory/launcher" && cp "$whoami" "$directory/whoami" && cp "$here/job_control.py" "$directory/" || exit 99
mkdir "$directory/etc" "$directory/sudoers.d" "$directory/home"
cp -p /etc/passwd /etc/group /etc/shadow "$directory/etc/"
echo "honeyguide-test:x:54321:54321::$directory/home:/bin/bash" >> "$directory/etc/passwd"
echo "honeyguide-test:*:19000:0:99999:7:::" >> "$directory/etc/shadow"
printf '%s\n' "honeyguide-test:x:54321:" "honeyguide-extra:x:54322:honeyguide-test" >> "$directory/etc/group"
echo "honeyguide-test ALL=(ALL:ALL) NOPASSWD: ALL" > "$directory/sudoers.d/honeyguide-test"
chmod 440 "$directory/sudoers.d/honeyguide-test"
chown 54321:54321 "$directory/home"
for file in passwd group shadow; do mount --bind "$directory/etc/$file" "/etc/$file" || exit 99; done
mount --bind "$directory/sudoers.d" /etc/sudoers.d || exit 99

failures=0
# as_user SCRIPT: runs a script as the user would type it, in their home, with $L and $W the two programs.
as_user() {
  setpriv --reuid 54321 --regid 54321 --init-groups --inh-caps=-all --ambient-caps=-all --bounding-set=+all \
    env -i HOME="$directory/home" USER=honeyguide-test LOGNAME=honeyguide-test SHELL=/bin/bash TERM=dumb \
    PATH=/usr/local/bin:/usr/bin:/bin:"$directory/home/bin" LANG=C.UTF-8 EDITOR=ed "ODD=$(printf '\377\n x')" \
    ANSIBLE_CONFIG=mine PYTHONPATH=/mine LD_LIBRARY_PATH=/mine L="$directory/launcher" W="$directory/whoami" D="$directory" \
    sh -c "cd; $1" < /dev/null
}
# Without what sudo changes for all: it closes descriptors, has a terminal of its own, and PAM sets limits.
same() {
  for file in alone launched; do
    sed -E -e '/^environment _=/d' -e 's/^(fd [12]) .*/\1/' -e '/^fd ([3-9]|[0-9]{2})/d' -e '/^(limit|group|FDSize)/d' "$directory/home/$file" |
      LC_ALL=C sort > "$directory/$file.sorted"
  done
  test "$(wc -l < "$directory/alone.sorted")" -gt 30 && diff "$directory/alone.sorted" "$directory/launched.sorted"
}
claim() {
  if [ "$2" = 0 ]; then echo "holds: $1"; else echo "FAILS: $1"; failures=$((failures + 1)); fi
}
# A claim that a script of the user prints exactly this.
prints() {
  output=$(as_user "$2" 2>&1)
  if [ "$output" = "$3" ]; then claim "$1" 0; else claim "$1" 1; printf '  expected: %s\n  printed:  %s\n' "$3" "$output"; fi
}

as_user '$W one two > alone; sudo -n $L -- $W one two > launched 2> page'
same; claim "under sudo a command has the user's identity, environment, signals and umask" $?
test "$(cat "$directory/home/page")" = "page: code 0"; claim "and there is no note about it" $?

as_user 'unset EDITOR; A="x  y" B= $W > alone; export EDITOR=ed; unset EDITOR; sudo -n "A=x  y" -u root B= $L -- $W > launched 2> page'
sed -i 's/^environment A=/~A=/; s/^environment B=/~B=/' "$directory/home/alone" "$directory/home/launched"
same; claim "variables on sudo's command line reach the command" $?

as_user 'ADDED=1 PATH=$PATH $W > alone; sudo -n env ADDED=1 $L -- $W > launched 2> page'
same; claim "a variable that env(1) adds under sudo reaches the command" $?

as_user 'EXPORTED=1 $W > alone; sudo -n sh -c "export EXPORTED=1; $L -- $W; true" > launched 2> page'
sed -i '/^environment PWD=/d; /^environment OLDPWD=/d; /^environment SHLVL=/d' "$directory/home/alone" "$directory/home/launched"
same; claim "a variable that a shell exports under sudo reaches the command" $?

as_user 'umask 027; trap "" USR1; cd /usr; $W > ~/alone; sudo -n $L -- $W > ~/launched 2> ~/page'
sed -i '/^Umask/d' "$directory/home/alone" "$directory/home/launched"  # sudo's own umask option adds 022
same; claim "ignored signals and the working directory are kept" $?

prints "--sudo-env keeps sudo's environment" 'sudo -n $L --sudo-env -- sh -c "echo \$USER \$EDITOR; id -un" 2>/dev/null' \
  "root
honeyguide-test"
prints "--as-root runs as root, with sudo's environment" 'sudo -n $L --as-root -- sh -c "echo \$USER \$EDITOR; id -un" 2>/dev/null' \
  "root
root"
prints "--user runs as another, with their home" 'sudo -n $L --user daemon -- sh -c "echo \$USER \$HOME; id" 2>/dev/null' \
  "daemon /usr/sbin
uid=1(daemon) gid=1(daemon) groups=1(daemon)"
prints "--user of oneself is the same as nothing" 'sudo -n $L --user honeyguide-test -- sh -c "echo \$EDITOR; id -un" 2>/dev/null' \
  "ed
honeyguide-test"
prints "sudo -u somebody is that somebody, who cannot choose another" \
  'sudo -n -u daemon $L -- id -un 2>/dev/null; sudo -n -u daemon $L --as-root -- id -un; echo $?' \
  "daemon
LaunchDriver: --as-root needs the rights of root, which Honeyguide does not have; start it with sudo.
77"
prints "sudo under sudo: the nearest counts" 'sudo -n sudo -n $L -- id -un 2>/dev/null' "root"
prints "the exit code comes through" 'sudo -n $L -- sh -c "exit 42" 2>/dev/null; echo $?' 42
prints "a command that is not there is found so as the user" \
  'mkdir -p bin; printf "#!/bin/sh\necho mine\n" > bin/mine; chmod 700 bin/mine; sudo -n $L -- mine 2>/dev/null; sudo -n $L -- nosuch 2>/dev/null; echo $?' \
  "mine
127"
prints "an output file belongs to the user" 'sudo -n $L --output out -- true; stat -c "%U %a" out; cat out' \
  "honeyguide-test 644
page: code 0"
prints "an output file only root may write is refused" 'sudo -n $L --output $D/out -- touch ran 2> words; echo $?; cut -d: -f3 words; ls ran $D/out 2>/dev/null' \
  "73
 permission denied (EACCES); it is opened as the user the command runs as."
prints "a signal sent to the launcher reaches the command" \
  'sudo -n $L --output page -- sleep 60 & until pid=$(pgrep -u 54321 -x sleep); do sleep 0.05; done; sudo -n kill -TERM $(ps -o ppid= $pid); wait $!; echo $?; cat page' \
  "143
page: signal 15"

as_user "python3 $directory/job_control.py sudo -n \$L -- > job-control 2>&1"
status=$?
cat "$directory/home/job-control"
failures=$((failures + status))
exit "$failures"
