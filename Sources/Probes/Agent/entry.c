// SPDX-License-Identifier: Apache-2.0
// How the agent gets in. The table of built-in modules says whether this process is a Python; in it, the function that
// makes the module `posix` is replaced by one that calls it and starts the agent. Every Python imports that module when
// its core is up, and before it looks at a site or runs the user's code. So no option or variable keeps the agent out.
#include "agent.h"
#include "calls.h"

struct built_in {
  const char *name;
  void *(*make)(void);
};
// Weak: elsewhere than in Python it is null.
extern struct built_in *PyImport_Inittab __attribute__((weak));

enum { MOST_BUILT_IN = 512, MOST_SLOTS = 32 };
static struct built_in built_in[MOST_BUILT_IN + 1];
static void *(*make_posix)(void), *(*make_zipimport)(void), *(*make_thread)(void);

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
  start_calls();
  return make_zipimport();
}

static void *make_thread_and_watch(void) {
  void *module = make_thread();
  if (python.PyErr_Occurred() || !(session.file.flags & HG_AGENT_CALLS)) return module;
  calls_thread_module(python.PyImport_AddModule("thread"));
  return module;
}

__attribute__((constructor)) static void enter(int count, char **arguments, char **environment) {
  (void)count;
  (void)arguments;
  if (!&PyImport_Inittab || !PyImport_Inittab) return;
  if (!environment || !session_find(environment) || !python_resolve()) return;
  int entries = 0;
  for (; PyImport_Inittab[entries].name; entries++) {
    if (entries == MOST_BUILT_IN) return;
    built_in[entries] = PyImport_Inittab[entries];
  }
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
  if (make_posix) PyImport_Inittab = built_in;
}
