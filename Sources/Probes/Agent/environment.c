// SPDX-License-Identifier: Apache-2.0
// Reads of the environment. os.environ asks the dictionary `posix.environ`, which is replaced before the module `os` sees
// it. os.environ itself, its class and its methods are the program's own.
#include "environment.h"

struct bytes_of bytes_of(PyObject *object) {
  struct bytes_of bytes = {{NULL, 0}, NULL};
  if (!object || bytes_exactly(object, &bytes.text)) return bytes;
  if (object->type == python.PyUnicode_Type && python.PyUnicode_AsUTF8AndSize) {
    ssize_t size;
    bytes.text.bytes = python.PyUnicode_AsUTF8AndSize(object, &size);
    if (bytes.text.bytes) {
      bytes.text.size = (size_t)size;
      return bytes;
    }
    python.PyErr_Clear();
  }
  if (object->type == python.PyUnicode_Type) {
    PyObject *encode = python.PyObject_GetAttrString(object, "encode");
    PyObject *arguments = python_minor() < 0x300 ? python.Py_BuildValue("(s)", "utf-8")
                                                 : python.Py_BuildValue("(ss)", "utf-8", "surrogateescape");
    if (encode && arguments) bytes.owner = python.PyObject_CallObject(encode, arguments);
    if (encode) python.Py_DecRef(encode);
    if (arguments) python.Py_DecRef(arguments);
  }
  // A surrogate that no encoding has.
  if (!bytes.owner || !bytes_exactly(bytes.owner, &bytes.text)) python.PyErr_Clear();
  return bytes;
}

bool bytes_exactly(PyObject *object, struct text *text) {
  PyObject *type = python.PyBytes_Type ? python.PyBytes_Type : python.PyString_Type;
  if (object->type != type) return false;
  // PyBytesObject: head, size, hash; in Python 2 also a state.
  text->size = (size_t)((ssize_t *)object)[2];
  text->bytes = (const char *)object + (python_minor() < 0x300 ? 36 : 32);
  return true;
}

PyObject *bytes_object(struct text text) {
  return (python.PyBytes_FromStringAndSize ? python.PyBytes_FromStringAndSize : python.PyString_FromStringAndSize)(
      text.bytes, (ssize_t)text.size);
}

/// posix.environ, where it is what it should be; null elsewhere.
static PyObject *stock_dictionary(PyObject *names) {
  PyObject *stock = names ? python.PyDict_GetItemString(names, "environ") : NULL;
  return stock && stock->type == python.PyDict_Type ? stock : NULL;
}

void environment_hide(void *posix_module) {
  PyObject *stock = stock_dictionary(python.PyModule_GetDict(posix_module));
  if (stock) preload_hide(stock);
}

void environment_start(void *posix_module) {
  PyObject *names = python.PyModule_GetDict(posix_module), *stock = stock_dictionary(names);
  if (!stock) return;
  preload_hide(stock);
  preload_follow(posix_module);
  if (!(session.file.flags & HG_AGENT_ENVIRONMENT)) return;
  table_header->environment_reason = HG_AGENT_FAILED;
  PyObject *served = askers_start() ? environment_dictionary(stock) : NULL;
  if (!served) return;
  if (python.PyDict_SetItemString(names, "environ", served) == 0) table_header->environment_reason = HG_AGENT_OBSERVED;
  python.Py_DecRef(served);
}
