// SPDX-License-Identifier: Apache-2.0
// How the agent gets in. The table of built-in modules says whether this process is a Python; in it, the function that
// makes the module `posix` is replaced by one that calls it and starts the agent. Every Python imports that module when
// its core is up, and before it looks at a site or runs the user's code. So no option or variable keeps the agent out.
// The table is there when the process starts, or comes with a library that is loaded later (dlopen).
#include "agent.h"
#include "calls.h"
#include "libraries.h"

struct built_in {
  const char *name;
  void *(*make)(void);
};
// Weak: elsewhere than in Python it is null.
extern struct built_in *PyImport_Inittab __attribute__((weak));

enum { MOST_BUILT_IN = 512, MOST_SLOTS = 32 };
static struct built_in built_in[MOST_BUILT_IN + 1];
static void *(*make_posix)(void), *(*make_zipimport)(void), *(*make_thread)(void);
/// The process has got as far as its own constructors.
static bool constructed;
/// A Python has begun to initialise itself, and what the agent keeps is that one's.
static bool begun;

static void start_calls(void) {
  if (!python_is_main_interpreter() || !table_create()) return;
  struct python_error error = python_put_aside();
  calls_start();
  python_put_back(error);
}

static void start_environment(PyObject *module) {
  if (!module || table_header->magic != HG_AGENT_TABLE_MAGIC) return;
  if (!python_is_tested()) {
    table_header->environment_reason = HG_AGENT_UNKNOWN_PYTHON;
    return;
  }
  struct python_error error = python_put_aside();
  if (python_is_main_interpreter())
    environment_start(module);
  else
    environment_hide(module);
  python.PyErr_Clear();
  python_put_back(error);
}

/// The module's last step where it is made in phases.
static int posix_is_made(PyObject *module) {
  start_calls();
  start_environment(module);
  return 0;
}

struct slot {
  int kind;
  void *value;
};
/// PyModuleDef, since 3.5.
struct definition {
  void *base[5];
  const char *name, *documentation;
  ssize_t size;
  struct python_method *methods;
  struct slot *slots;
};
enum { SLOT_EXECUTE = 2 };

static void add_step(struct definition *definition) {
  static struct slot slots[MOST_SLOTS + 2];
  int count = 0;
  if (definition->slots == slots) return;
  for (; definition->slots && definition->slots[count].kind; count++)
    if (count == MOST_SLOTS) return;
  memcpy(slots, definition->slots, (size_t)count * sizeof *slots);
  slots[count] = (struct slot){SLOT_EXECUTE, posix_is_made};
  slots[count + 1] = (struct slot){0, NULL};
  definition->slots = slots;
}

static void *make_posix_and_start(void) {
  begun = true;
  PyObject *module = make_posix();
  if (python_is_free_threaded()) {
    // The table says no more than that.
    if (python_is_main_interpreter() && table_create())
      table_header->calls_reason = table_header->environment_reason = HG_AGENT_FREE_THREADED;
  } else if (python_minor() < 0x300) {
    // Makes its module known by itself, and gives nothing.
    if (!python.PyErr_Occurred()) posix_is_made(python.PyImport_AddModule("posix"));
  } else if (module && module->type == python.PyModuleDef_Type) {
    add_step((struct definition *)module);
  } else if (module) {
    posix_is_made(module);
  }
  return module;
}

/// Python 2 imports `posix` only when it looks at its site; this one comes before.
static void *make_zipimport_and_start(void) {
  begun = true;
  start_calls();
  return make_zipimport();
}

static void *make_thread_and_watch(void) {
  void *module = make_thread();
  if (python.PyErr_Occurred() || !(session.file.flags & HG_AGENT_CALLS)) return module;
  calls_thread_module(python.PyImport_AddModule("thread"));
  return module;
}

/// Replaces the table of built-in modules of a Python that can be served.
static void enter(struct built_in **table) {
  int entries = 0;
  make_posix = NULL;
  for (; (*table)[entries].name; entries++) {
    if (entries == MOST_BUILT_IN) return;
    built_in[entries] = (*table)[entries];
  }
  built_in[entries] = (struct built_in){NULL, NULL};
  for (int at = 0; at < entries; at++) {
    if (strcmp(built_in[at].name, "posix") == 0) {
      make_posix = built_in[at].make;
      built_in[at].make = make_posix_and_start;
    } else if (python_minor() < 0x300 && strcmp(built_in[at].name, "zipimport") == 0) {
      make_zipimport = built_in[at].make;
      built_in[at].make = make_zipimport_and_start;
    } else if (python_minor() < 0x300 && strcmp(built_in[at].name, "thread") == 0) {
      make_thread = built_in[at].make;
      built_in[at].make = make_thread_and_watch;
    }
  }
  if (make_posix) *table = built_in;
}

__attribute__((constructor)) static void enter_process(int count, char **arguments, char **environment) {
  (void)count;
  (void)arguments;
  constructed = true;
  if (!&PyImport_Inittab || !PyImport_Inittab) return;
  if (environment && session_find(environment) && python_resolve(NULL)) enter(&PyImport_Inittab);
}

/// The library of Python that was loaded later and is served.
static struct {
  const struct library *library;
  const Elf64_Dyn *dynamic;
} loaded;

static cold void enter_library(const struct library *library, struct built_in **table) {
  // One Python in a process. Another is served only where the first is gone and never began: servers load their modules,
  // unload them, and load them again.
  if (begun || (loaded.library && loaded.library != library && library_is_there(loaded.library, loaded.dynamic))) return;
  if (!*table || !session_find_by_path() || !python_resolve(library)) return;
  loaded.library = library;
  loaded.dynamic = library->dynamic;
  enter(table);
}

/// What a library calls before any other code of its own runs. The C library's crti.o, which almost every library is linked
/// with, looks in `_init` for a function of this name, with which a profiler would start (gprof's, in programs built with
/// -pg; where such a program exports its own, that one comes first). For the agent the call says that a library has been
/// loaded and relocated. dlopen makes it before it returns, with the loader's lock.
__attribute__((visibility("default"))) void __gmon_start__(void) {
  // What the process starts with is the constructor's. It comes after the libraries, so they are not looked at one by one.
  if (!constructed || &PyImport_Inittab) return;
  const struct library *library = library_initialised_from(__builtin_return_address(0));
  struct built_in **table = library ? library_symbol(library, "PyImport_Inittab") : NULL;
  if (table) enter_library(library, table);
}
