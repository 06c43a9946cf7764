// SPDX-License-Identifier: Apache-2.0
// Calls of 3.6 to 3.11: the interpreter evaluates each frame through a function of ours (PEP 523). It is the
// interpreter's, not a thread's, and no profiler or debugger of the program uses it.
#include "activation.h"
#include "calls.h"
#include "stacks.h"
#include "subscripts.h"

/// f_code is at this place in PyFrameObject up to 3.10, and in _PyInterpreterFrame of 3.11.
enum { FRAME_CODE = 32 };
/// _PyInterpreterFrame of 3.11: its function, its names where they are in a dictionary, the instruction that it stands at, and
/// who owns it (0: a thread; 1: a generator).
enum { FRAME_FUNCTION = 0, FRAME_NAMES = 24, FRAME_INSTRUCTION = 56, FRAME_OWNER = 69, RETURN_GENERATOR = 75 };

/// Of PyFrameObject up to 3.10: f_lasti, below zero where the frame has not run yet.
static int64_t frame_last;

static inline PyObject *code_of(const char *frame) { return *(PyObject **)(frame + FRAME_CODE); }

static cold void stop(void) {
  // The evaluator stays: what it calls when there is nothing to count is the interpreter's own. 3.11 gets its inlined
  // calls back.
  if (python._PyInterpreterState_SetEvalFrameFunc && python_is_main_interpreter())
    python._PyInterpreterState_SetEvalFrameFunc(python.PyInterpreterState_Get(), python._PyEval_EvalFrameDefault);
}

static inline PyObject *run(struct activation *run, PyObject *result) {
  activation_end(run, result == NULL);
  return result;
}

/// Counts a frame's begin, and remembers it.
static inline void begin(struct activation *run, struct hg_agent_function *function, bool is_resumed) {
  function->calls += !is_resumed;
  function->resumes += is_resumed;
  activation_begin(run, function);
}

/// 3.6 to 3.8.
static PyObject *evaluate_frame(char *frame, int raise) {
  PyObject *(*const evaluate)(char *, int) = (void *)python._PyEval_EvalFrameDefault;
  if (unlikely(!table_is_open())) return evaluate(frame, raise);
  struct hg_agent_function *function = function_of(code_of(frame));
  struct activation activation;
  begin(&activation, function, function->own[FUNCTION_KIND] && *(int *)(frame + frame_last) >= 0);
  if (unlikely(stacks_are_low()))
    return run(&activation, stacks_call((void *)evaluate, frame, (void *)(intptr_t)raise, 0));
  return run(&activation, evaluate(frame, raise));
}

/// 3.9 and 3.10.
static PyObject *evaluate_frame_of_thread(void *state, char *frame, int raise) {
  if (unlikely(!table_is_open())) {
    stop();
    return python._PyEval_EvalFrameDefault(state, frame, raise);
  }
  struct hg_agent_function *function = function_of(code_of(frame));
  struct activation activation;
  begin(&activation, function, function->own[FUNCTION_KIND] && *(int *)(frame + frame_last) >= 0);
  if (unlikely(stacks_are_low()))
    return run(&activation, stacks_call((void *)python._PyEval_EvalFrameDefault, state, frame, raise));
  return run(&activation, python._PyEval_EvalFrameDefault(state, frame, raise));
}

/// 3.11, of one that is counted.
static inline PyObject *evaluate_counted(
  struct hg_agent_function *function, bool is_resumed, void *state, char *frame, int raise) {
  struct activation activation;
  begin(&activation, function, is_resumed);
  if (unlikely(stacks_are_low()))
    return run(&activation, stacks_call((void *)python._PyEval_EvalFrameDefault, state, frame, raise));
  return run(&activation, python._PyEval_EvalFrameDefault(state, frame, raise));
}

/// Of a kind of its own. A generator's function is evaluated once to make the generator, which is not a run of it.
static __attribute__((noinline)) PyObject *evaluate_special(
  struct hg_agent_function *function, void *state, char *frame, int raise) {
  const uint64_t kind = function->own[FUNCTION_KIND];
  bool is_resumed = false;
  if (kind & FUNCTION_IS_SUBSCRIPT) subscripts_keep(*(PyObject **)(frame + FRAME_FUNCTION));
  if (kind & FUNCTION_RESUMES) {
    if (frame[FRAME_OWNER] == 0) return python._PyEval_EvalFrameDefault(state, frame, raise);
    is_resumed = **(unsigned char **)(frame + FRAME_INSTRUCTION) != RETURN_GENERATOR;
  }
  // Whoever asks for the evaluation of a body holds its names until it is over.
  PyObject *names = kind & FUNCTION_IS_BODY ? *(PyObject **)(frame + FRAME_NAMES) : NULL;
  PyObject *result = evaluate_counted(function, is_resumed, state, frame, raise);
  if (names && result) subscripts_keep_in(names);
  return result;
}

/// 3.11.
static PyObject *evaluate_interpreter_frame(void *state, char *frame, int raise) {
  if (unlikely(!table_is_open())) {
    stop();
    return python._PyEval_EvalFrameDefault(state, frame, raise);
  }
  struct hg_agent_function *function = function_of(code_of(frame));
  if (unlikely(function->own[FUNCTION_KIND])) return evaluate_special(function, state, frame, raise);
  return evaluate_counted(function, false, state, frame, raise);
}

/// 3.6 to 3.8 have no function that sets the evaluator: it is found in the interpreter's state by its value.
static void **find_evaluator(void) {
  enum { LIKELY_SIZE = 640 };
  void **state = (void **)((PyObject **)python.PyThreadState_Get())[2];
  for (size_t at = 0; at < LIKELY_SIZE / sizeof *state; at++)
    if (state[at] == (void *)python._PyEval_EvalFrameDefault || state[at] == (void *)evaluate_frame) return &state[at];
  return NULL;
}

enum hg_agent_reason calls_start_frame(void) {
  static const int64_t last[] = {[6] = 120, [7] = 104, [8] = 104, [9] = 104, [10] = 96};
  const uint32_t minor = python_minor();
  if (!python._PyEval_EvalFrameDefault) return HG_AGENT_NO_INTERFACE;
  subscripts_start();
  if (minor < 0x30b) frame_last = last[minor & 0xff];
  stacks_start(minor < 0x30b ? 1 : STACKS_LIMIT);
  if (minor < 0x309) {
    void **evaluator = find_evaluator();
    if (!evaluator) return HG_AGENT_NO_INTERFACE;
    *evaluator = (void *)evaluate_frame;
    return HG_AGENT_OBSERVED;
  }
  if (!python._PyInterpreterState_SetEvalFrameFunc || !python.PyInterpreterState_Get) return HG_AGENT_NO_INTERFACE;
  python._PyInterpreterState_SetEvalFrameFunc(
    python.PyInterpreterState_Get(), minor < 0x30b ? (void *)evaluate_frame_of_thread : (void *)evaluate_interpreter_frame);
  return HG_AGENT_OBSERVED;
}
