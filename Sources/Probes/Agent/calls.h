// SPDX-License-Identifier: Apache-2.0
// The three ways in which calls are counted. Each starts for this interpreter and says why not.
#pragma once
#include "agent.h"
#include "python.h"

/// 2.7: PyEval_SetProfile.
enum hg_agent_reason calls_start_profile(void);
/// 3.6 to 3.11: the frame evaluator of PEP 523.
enum hg_agent_reason calls_start_frame(void);
/// 3.12 and later: sys.monitoring.
enum hg_agent_reason calls_start_monitoring(void);
/// Ends that, and gives the tool back.
void calls_stop_monitoring(void);
/// Runs a function that raises at once, and looks whether the record says just that; what it said is taken back.
bool calls_check(void);
/// 2.7: the module `thread` has been made.
void calls_thread_module(PyObject *module);
