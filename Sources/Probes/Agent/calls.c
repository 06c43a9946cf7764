// SPDX-License-Identifier: Apache-2.0
// How calls are counted: one of three ways, by the interpreter's version.
#include "calls.h"
#include "functions.h"

void calls_start(void) {
  if (!(session.file.flags & HG_AGENT_CALLS)) return;
  enum hg_agent_reason reason = HG_AGENT_UNKNOWN_PYTHON;
  enum hg_agent_method method = HG_AGENT_METHOD_NONE;
  if (functions_start()) {
    if (python_minor() < 0x300) {
      reason = calls_start_profile();
      method = HG_AGENT_METHOD_PROFILE;
    } else if (python_minor() < 0x30c) {
      reason = calls_start_frame();
      method = HG_AGENT_METHOD_FRAME;
    } else {
      reason = calls_start_monitoring();
      method = HG_AGENT_METHOD_MONITORING;
      if (reason == HG_AGENT_OBSERVED && !calls_check()) {
        calls_stop_monitoring();
        reason = HG_AGENT_UNKNOWN_PYTHON;
      }
    }
  }
  table_header->method = reason == HG_AGENT_OBSERVED ? method : HG_AGENT_METHOD_NONE;
  table_header->calls_reason = reason;
}
