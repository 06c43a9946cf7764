// SPDX-License-Identifier: Apache-2.0
// embeds (LIBRARY HOW TEXT) ...: a program that loads Python's library by itself when it runs, and runs the text in it, as
// plug-ins and what PyInstaller makes do. Several: one Python after the other. HOW is words with commas between: local, global
// (which of both is always there), lazy, deepbind, thread (in one of its own), again (load it, unload it, and load it anew), twice
// (the same when it has run the text: end it, unload it, load it anew, and run the text). LIBRARY may also be one that needs
// Python's.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

static void *load(const char *path, const char *how) {
  int flags = strstr(how, "lazy") ? RTLD_LAZY : RTLD_NOW;
  flags |= strstr(how, "global") ? RTLD_GLOBAL : RTLD_LOCAL;
  if (strstr(how, "deepbind")) flags |= RTLD_DEEPBIND;
  void *library = dlopen(path, flags);
  if (!library) exit(3);
  return library;
}

static int run(void *library, const char *text) {
  void (*initialize)(void) = (void (*)(void))dlsym(library, "Py_Initialize");
  int (*run_text)(const char *) = (int (*)(const char *))dlsym(library, "PyRun_SimpleString");
  if (!initialize || !run_text) exit(4);
  initialize();
  return run_text(text);
}

static void *embed(void *words) {
  char **arguments = words;
  const char *path = arguments[0], *how = arguments[1], *text = arguments[2];
  void *library = load(path, how);
  if (strstr(how, "again")) {
    dlclose(library);
    // Not unloaded after all: nothing would be tried.
    if (dlopen(path, RTLD_NOLOAD | RTLD_LAZY)) exit(6);
    library = load(path, how);
  }
  if (run(library, text)) exit(1);
  if (strstr(how, "twice")) {
    ((void (*)(void))dlsym(library, "Py_Finalize"))();
    dlclose(library);
    if (dlopen(path, RTLD_NOLOAD | RTLD_LAZY)) exit(6);
    if (run(load(path, how), text)) exit(1);
  }
  return NULL;
}

int main(int count, char **arguments) {
  if (count < 4 || count % 3 != 1) return 2;
  for (int at = 1; at < count; at += 3) {
    pthread_t thread;
    if (!strstr(arguments[at + 1], "thread"))
      embed(arguments + at);
    else if (pthread_create(&thread, NULL, embed, arguments + at) || pthread_join(thread, NULL))
      return 7;
  }
  return 5;
}
