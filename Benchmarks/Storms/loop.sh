# SPDX-License-Identifier: Apache-2.0
# A script that only computes: loop.sh COUNT. It reads and sets variables, as scripts do; it starts nothing.
count=$1
sum=0
for ((number = 0; number < count; number++)); do
  word="part$((number % 7))"
  case $word in
    part3) sum=$((sum + number)) ;;
    *) [[ -n ${word#part} ]] && sum=$((sum + 1)) ;;
  esac
done
[[ $sum -gt 0 ]]
