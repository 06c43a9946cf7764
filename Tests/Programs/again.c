// SPDX-License-Identifier: Apache-2.0
// again TIMES PROGRAM: a program with Python inside that initialises it, runs the text, and finalises it, so often. Linked with
// whatever Python's library; what is declared here is the same in all of them.
#include <stdlib.h>

void Py_Initialize(void);
void Py_Finalize(void);
int PyRun_SimpleString(const char *text);

int main(int count, char **arguments) {
  if (count != 3) return 2;
  int failed = 0;
  for (int times = atoi(arguments[1]); times > 0; times--) {
    Py_Initialize();
    failed |= PyRun_SimpleString(arguments[2]);
    Py_Finalize();
  }
  return failed ? 1 : 5;
}
