// SPDX-License-Identifier: Apache-2.0
// embeds LIBRARY HOW TEXT: a program that loads Python's library by itself when it runs (HOW: local or global), and runs the text in
// it, as plug-ins and what PyInstaller makes do.
#include <dlfcn.h>
#include <string.h>

int main(int count, char **arguments) {
  if (count != 4) return 2;
  void *library = dlopen(arguments[1], RTLD_NOW | (strcmp(arguments[2], "global") == 0 ? RTLD_GLOBAL : RTLD_LOCAL));
  if (!library) return 3;
  void (*initialize)(void) = (void (*)(void))dlsym(library, "Py_Initialize");
  int (*run)(const char *) = (int (*)(const char *))dlsym(library, "PyRun_SimpleString");
  if (!initialize || !run) return 4;
  initialize();
  return run(arguments[3]) ? 1 : 5;
}
