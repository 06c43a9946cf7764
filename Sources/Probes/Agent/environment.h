// SPDX-License-Identifier: Apache-2.0
// What the files that watch the environment share.
#pragma once
#include "agent.h"
#include "python.h"

/// The bytes of a str or bytes object, and of the other types that a default may have. `owner` is to be released when
/// they are no longer needed. Without bytes where there are none. No exception may be pending.
struct bytes_of {
  struct text text;
  PyObject *owner;
};
struct bytes_of bytes_of(PyObject *object);
static inline void bytes_release(struct bytes_of bytes) {
  if (bytes.owner) python.Py_DecRef(bytes.owner);
}
/// The bytes of an object that is exactly of the type that names and values have: bytes, and str in Python 2.
bool bytes_exactly(PyObject *object, struct text *text);
/// A new object of that type.
PyObject *bytes_object(struct text text);
static inline bool text_equals(struct text one, struct text other) {
  return one.size == other.size && memcmp(one.bytes, other.bytes, one.size) == 0;
}

/// Serves a copy of the dictionary that records what is asked; null where that is not possible.
PyObject *environment_dictionary(PyObject *stock);
/// Records a look-up, quickly where the same was recorded before. `value` is null where it is not set.
void environment_record(uint32_t flags, PyObject *name, PyObject *value, struct text fallback);

/// Which method of os.environ, or of the classes that it inherits from, runs.
enum asker { ASKER_OTHER, ASKER_GET_ITEM, ASKER_CONTAINS, ASKER_ITERATE, ASKER_KEYS, ASKER_GET, ASKER_POP, ASKER_SETDEFAULT };
/// Finds what is needed to tell; false: it cannot be told.
bool askers_start(void);
/// Who asked the dictionary, and who asked that one. A new reference to the frame of the last in `frame`, and to its
/// code in `code`, if they are wanted; to be released.
struct askers {
  enum asker first, second;
  /// The frame that would know the default: of `get`, `pop` or `setdefault`.
  PyObject *frame, *code;
};
struct askers askers(void);
void askers_release(struct askers askers);
/// The default that was passed to it, a new reference; null where none was.
PyObject *askers_default(const struct askers *askers);

/// All of the dictionary is read from here on, in order, by who asks now.
void whole_begin(PyObject *dictionary);
/// Whether reading a variable is only the next step of that.
bool whole_covers(PyObject *dictionary, PyObject *name);

/// Takes the agent out of LD_PRELOAD in the dictionary, and remembers it.
void preload_hide(PyObject *dictionary);
/// What LD_PRELOAD is for other programs, where Python sees `visible` (null: not set). A new object; null where there
/// is nothing to restore.
PyObject *preload_restore(const struct text *visible);
bool preload_is_name(PyObject *name);
/// Has the functions that give other programs an environment give them the preload as well.
void preload_follow(PyObject *posix_module);

/// The dictionary for a program, as that program shall have it: a new reference, or null to leave it as it is.
PyObject *preload_mapping(PyObject *mapping);
/// The same of a sequence of NAME=VALUE.
PyObject *preload_list(PyObject *list);
