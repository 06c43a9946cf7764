// SPDX-License-Identifier: Apache-2.0
// The dictionary that os.environ asks: a subclass of dict that is called like it, holds the same, and records what it is
// asked for. Only its type tells it from the stock one.
#include "environment.h"

typedef PyObject *subscript_function(PyObject *, PyObject *);
typedef int contains_function(PyObject *, PyObject *);
typedef PyObject *unary_function(PyObject *);

// PyTypeObject, whose fields have had these places since 2.2, and the tables that it leads to.
enum { TYPE_NAME = 24, TYPE_REPR = 88, TYPE_SEQUENCE = 104, TYPE_MAPPING = 112, TYPE_ITERATE = 216 };
enum { MAPPING_SUBSCRIPT = 8, SEQUENCE_CONTAINS = 56 };
static void **slot(PyObject *type, int offset) { return (void **)((char *)type + offset); }
static void **slot_in(PyObject *type, int table, int offset) {
  return (void **)(*(char **)((char *)type + table) + offset);
}

static subscript_function *stock_subscript;
static contains_function *stock_contains;
static unary_function *stock_iterate, *stock_repr;
/// What `setdefault` has set is read next, to be given back.
static __thread bool gives_back __attribute__((tls_model("initial-exec")));
/// A stock method that reads all of it uses other methods for that.
static __thread bool is_reading_all __attribute__((tls_model("initial-exec")));

static void record(PyObject *name, PyObject *value) { environment_record(0, name, value, (struct text){NULL, 0}); }

/// `<NAME>` of a type: what is written here is no text that the program passed.
struct type_name {
  char text[72];
};
static struct text type_name(PyObject *type, struct type_name *room) {
  const char *name = *(const char **)((char *)type + TYPE_NAME);
  size_t used = 0;
  room->text[used++] = '<';
  while (*name && used < sizeof room->text - 1) room->text[used++] = *name++;
  room->text[used++] = '>';
  return (struct text){room->text, used};
}

static void record_default(PyObject *name, PyObject *fallback) {
  if (!fallback || fallback == python._Py_NoneStruct) {
    record(name, NULL);
    return;
  }
  PyObject *text = NULL, *type = fallback->type;
  if (type == python.PyBool_Type || type == python.PyLong_Type || type == python.PyFloat_Type
      || (python.PyInt_Type && type == python.PyInt_Type))
    text = python.PyObject_Str(fallback);
  struct bytes_of bytes = bytes_of(text ? text : fallback);
  struct type_name room;
  if (!bytes.text.bytes) {
    // Asking it for its text would run the program's code.
    bytes.text = type_name(type, &room);
  }
  environment_record(HG_AGENT_READ_DEFAULT, name, NULL, bytes.text);
  bytes_release(bytes);
  if (text) python.Py_DecRef(text);
}

static void record_all(PyObject *self) {
  if (is_reading_all) return;
  struct python_error error = python_put_aside();
  const struct text none = {NULL, 0};
  read_record(HG_AGENT_READ_ALL, none, none, none);
  whole_begin(self);
  python_put_back(error);
}

/// A name that is not there: what the caller gets instead is known to the methods above.
static void record_missing(PyObject *name) {
  struct python_error error = python_put_aside();
  struct askers who = askers();
  PyObject *fallback = askers_default(&who);
  gives_back = who.second == ASKER_SETDEFAULT;
  record_default(name, fallback);
  if (fallback) python.Py_DecRef(fallback);
  askers_release(who);
  python.PyErr_Clear();
  python_put_back(error);
}

static cold bool is_given_back(void) {
  gives_back = false;
  struct askers who = askers();
  askers_release(who);
  return who.second == ASKER_SETDEFAULT;
}

static PyObject *subscript(PyObject *self, PyObject *name) {
  PyObject *value = stock_subscript(self, name);
  if (unlikely(!table_is_open())) return value;
  if (!value)
    record_missing(name);
  else if (!(unlikely(gives_back) && is_given_back()) && !whole_covers(self, name))
    record(name, value);
  return value;
}

static int has(PyObject *self, PyObject *name) {
  int found = stock_contains(self, name);
  if (found < 0 || unlikely(!table_is_open())) return found;
  if (!found) {
    record_missing(name);
    return found;
  }
  if (python_minor() < 0x300) {
    // UserDict's methods ask whether it is there, and then for it.
    struct askers who = askers();
    askers_release(who);
    if (who.first == ASKER_GET_ITEM || who.second == ASKER_GET || who.second == ASKER_SETDEFAULT) return found;
  }
  PyObject *value = python.PyDict_GetItem(self, name);
  if (value) record(name, value);
  return found;
}

static PyObject *iterate(PyObject *self) {
  if (table_is_open()) record_all(self);
  return stock_iterate(self);
}

static PyObject *repr(PyObject *self) {
  if (table_is_open()) record_all(self);
  return stock_repr(self);
}

static PyObject *method_getitem(PyObject *self, PyObject *name) { return subscript(self, name); }

static PyObject *method_contains(PyObject *self, PyObject *name) {
  int found = has(self, name);
  return found < 0 ? NULL : python.Py_BuildValue("O", found ? python._Py_TrueStruct : python._Py_FalseStruct);
}

static PyObject *call_stock(PyObject *stock, PyObject *self, PyObject *arguments) {
  const ssize_t count = python.PyTuple_Size(arguments);
  PyObject *all = python.PyTuple_New(count + 1);
  if (!all) return NULL;
  for (ssize_t at = 0; at <= count; at++) {
    PyObject *argument = at ? python.PyTuple_GetItem(arguments, at - 1) : self;
    python.Py_IncRef(argument);
    python.PyTuple_SetItem(all, at, argument);
  }
  PyObject *result = python.PyObject_CallObject(stock, all);
  python.Py_DecRef(all);
  return result;
}

/// get, pop, setdefault of the dictionary itself.
static PyObject *call_for_one(PyObject *stock, PyObject *self, PyObject *arguments) {
  const ssize_t count = python.PyTuple_Size(arguments);
  PyObject *name = count > 0 ? python.PyTuple_GetItem(arguments, 0) : NULL;
  struct text text;
  if (name && bytes_exactly(name, &text) && table_is_open()) {
    PyObject *value = python.PyDict_GetItem(self, name);
    if (value)
      record(name, value);
    else
      record_default(name, count > 1 ? python.PyTuple_GetItem(arguments, 1) : NULL);
    python.PyErr_Clear();
  }
  return call_stock(stock, self, arguments);
}

static PyObject *call_for_all(PyObject *stock, PyObject *self, PyObject *arguments) {
  if (table_is_open()) record_all(self);
  const bool was_reading_all = is_reading_all;
  is_reading_all = true;
  PyObject *result = call_stock(stock, self, arguments);
  is_reading_all = was_reading_all;
  return result;
}

#define FOR_ONE(X) X(get) X(pop) X(setdefault)
#define FOR_ALL(X)                                                                                                     \
  X(keys) X(values) X(items) X(copy) X(popitem) X(iterkeys) X(itervalues) X(iteritems) X(viewkeys) X(viewvalues)       \
  X(viewitems) X(__reversed__) X(__or__) X(__ror__) X(__eq__) X(__ne__)
#define DEFINE(name, way)                                                                                              \
  static PyObject *stock_##name;                                                                                       \
  static PyObject *method_##name(PyObject *self, PyObject *arguments) { return way(stock_##name, self, arguments); }
#define DEFINE_ONE(name) DEFINE(name, call_for_one)
#define DEFINE_ALL(name) DEFINE(name, call_for_all)
FOR_ONE(DEFINE_ONE)
FOR_ALL(DEFINE_ALL)

/// Pickled and copied as what it stands for.
static PyObject *method_reduce(PyObject *self, PyObject *protocol) {
  (void)protocol;
  PyObject *none = python.PyTuple_New(0), *copy = none ? method_copy(self, none) : NULL;
  if (none) python.Py_DecRef(none);
  return copy ? python.Py_BuildValue("(O(N))", python.PyDict_Type, copy) : NULL;
}

static struct {
  PyObject **stock;
  struct python_method method;
} methods[] = {
#define ENTRY(name) {&stock_##name, {#name, method_##name, PYTHON_VARARGS, NULL}},
    FOR_ONE(ENTRY) FOR_ALL(ENTRY)
#undef ENTRY
};
static struct python_method own_methods[] = {
    {"__getitem__", method_getitem, PYTHON_O, NULL},
    {"__contains__", method_contains, PYTHON_O, NULL},
    {"has_key", method_contains, PYTHON_O, NULL},
    {"__reduce_ex__", method_reduce, PYTHON_O, NULL},
};

static bool add(PyObject *names, struct python_method *method, PyObject *stock) {
  PyObject *documentation = python.PyObject_GetAttrString(stock, "__doc__");
  struct bytes_of text = bytes_of(documentation);
  // Kept for as long as the process runs, as the method is.
  method->documentation = text.text.bytes;
  PyObject *descriptor = python.PyDescr_NewMethod(python.PyDict_Type, method);
  bool added = descriptor && python.PyDict_SetItemString(names, method->name, descriptor) == 0;
  if (descriptor) python.Py_DecRef(descriptor);
  if (documentation && text.owner) python.Py_DecRef(documentation);
  return added;
}

static bool fill(PyObject *names) {
  for (size_t at = 0; at < sizeof methods / sizeof *methods; at++) {
    PyObject *stock = python.PyObject_GetAttrString(python.PyDict_Type, methods[at].method.name);
    if (!stock) {
      python.PyErr_Clear();
      continue;
    }
    *methods[at].stock = stock;
    if (!add(names, &methods[at].method, stock)) return false;
  }
  for (size_t at = 0; at < sizeof own_methods / sizeof *own_methods; at++) {
    PyObject *stock = python.PyObject_GetAttrString(python.PyDict_Type, own_methods[at].name);
    if (!stock) {
      python.PyErr_Clear();
      continue;
    }
    if (!add(names, &own_methods[at], stock)) return false;
    python.Py_DecRef(stock);
  }
  PyObject *module = python.Py_BuildValue("s", python_minor() < 0x300 ? "__builtin__" : "builtins");
  PyObject *slots = python.PyTuple_New(0), *documentation = python.PyObject_GetAttrString(python.PyDict_Type, "__doc__");
  return module && slots && documentation && python.PyDict_SetItemString(names, "__module__", module) == 0
         && python.PyDict_SetItemString(names, "__slots__", slots) == 0
         && python.PyDict_SetItemString(names, "__doc__", documentation) == 0;
}

static PyObject *make_type(void) {
  PyObject *dict = python.PyDict_Type;
  // Builds without the interpreter's lock have another head, and then nothing of this holds.
  const char *name = *slot(dict, TYPE_NAME);
  if ((uintptr_t)name == (uintptr_t)python.PyType_Type || strcmp(name, "dict") != 0) return NULL;
  stock_subscript = *slot_in(dict, TYPE_MAPPING, MAPPING_SUBSCRIPT);
  stock_contains = *slot_in(dict, TYPE_SEQUENCE, SEQUENCE_CONTAINS);
  stock_iterate = *slot(dict, TYPE_ITERATE);
  stock_repr = *slot(dict, TYPE_REPR);
  PyObject *names = python.PyDict_New(), *type = NULL;
  if (names && fill(names)) {
    PyObject *arguments = python.Py_BuildValue("(s(O)O)", "dict", dict, names);
    if (arguments) type = python.PyObject_CallObject(python.PyType_Type, arguments);
    if (arguments) python.Py_DecRef(arguments);
  }
  if (names) python.Py_DecRef(names);
  if (!type) return NULL;
  *slot_in(type, TYPE_MAPPING, MAPPING_SUBSCRIPT) = subscript;
  *slot_in(type, TYPE_SEQUENCE, SEQUENCE_CONTAINS) = has;
  *slot(type, TYPE_ITERATE) = iterate;
  *slot(type, TYPE_REPR) = repr;
  return type;
}

// Weak: the C library's, where it has one.
extern char **environ __attribute__((weak));

/// Dictionaries of Python 2 are in the order in which they grew: this one shall grow as the stock one did.
static bool grow_alike(PyObject *served, PyObject *stock) {
  if (python_minor() >= 0x300 || !&environ || !environ) return true;
  for (char **variable = environ; *variable; variable++) {
    size_t size = 0;
    while ((*variable)[size] && (*variable)[size] != '=') size++;
    PyObject *name = bytes_object((struct text){*variable, size});
    PyObject *value = name ? python.PyDict_GetItem(stock, name) : NULL;
    const bool grown = !value || python.PyDict_SetItem(served, name, value) == 0;
    if (name) python.Py_DecRef(name);
    if (!grown) return false;
  }
  return true;
}

PyObject *environment_dictionary(PyObject *stock) {
  // A new one each time: what belonged to an interpreter that has ended must not be touched.
  PyObject *type = make_type(), *served = type ? python.PyObject_CallObject(type, NULL) : NULL;
  if (type) python.Py_DecRef(type);
  if (!served) return NULL;
  if (grow_alike(served, stock) && python.PyDict_Update(served, stock) == 0) return served;
  python.Py_DecRef(served);
  return NULL;
}
