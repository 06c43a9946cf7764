// SPDX-License-Identifier: Apache-2.0
//: claim: A program that is linked statically is told like any other
//: flags: -static
//: status: 9
//: expect: exec exe=$P argv.count=1
//: expect: open requested=x path=$W/x
//: expect: lookup requested=y error=ENOENT
//: expect: exit code=9
//: never: open requested=*libc.so*
#include "hard.h"

int main(void) {
  touch("x");
  access("y", R_OK);
  return 9;
}
