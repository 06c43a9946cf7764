// SPDX-License-Identifier: Apache-2.0
#include "probes.h"

#define SEMAPHORE(name) __attribute__((section(".probes"), used)) unsigned short name
SEMAPHORE(python_function__entry_semaphore);
SEMAPHORE(python_function__return_semaphore);
SEMAPHORE(python_env__read_semaphore);

#if defined(__x86_64__)
#define PROBE_ARGUMENTS "8@%%rdi 8@%%rsi -4@%%edx"
#define PROBE_REGISTERS(a, b, c) "D"(a), "S"(b), "d"(c)
#else
#define PROBE_ARGUMENTS "8@x0 8@x1 -4@x2"
#define PROBE_REGISTERS(a, b, c) "r"(r0), "r"(r1), "r"(r2)
#endif

// A note as systemtap's sys/sdt.h writes it: place of the nop, of .stapsdt.base (prelink moves both), of the semaphore.
#define PROBE(name)                                                                                                    \
  "990: nop\n"                                                                                                        \
  ".pushsection .note.stapsdt, \"?\", \"note\"\n"                                                                      \
  ".balign 4\n"                                                                                                        \
  ".4byte 992f-991f, 994f-993f, 3\n"                                                                                   \
  "991: .asciz \"stapsdt\"\n"                                                                                          \
  "992: .balign 4\n"                                                                                                   \
  "993: .8byte 990b\n"                                                                                                 \
  ".8byte _.stapsdt.base\n"                                                                                            \
  ".8byte python_" #name "_semaphore\n"                                                                                \
  ".asciz \"python\"\n"                                                                                                \
  ".asciz \"" #name "\"\n"                                                                                             \
  ".asciz \"" PROBE_ARGUMENTS "\"\n"                                                                                   \
  "994: .balign 4\n"                                                                                                   \
  ".popsection\n"                                                                                                      \
  ".ifndef _.stapsdt.base\n"                                                                                           \
  ".pushsection .stapsdt.base, \"aG\", \"progbits\", .stapsdt.base, comdat\n"                                          \
  ".weak _.stapsdt.base\n"                                                                                             \
  ".hidden _.stapsdt.base\n"                                                                                           \
  "_.stapsdt.base: .space 1\n"                                                                                         \
  ".size _.stapsdt.base, 1\n"                                                                                          \
  ".popsection\n"                                                                                                      \
  ".endif\n"

#if defined(__aarch64__)
#define PLACE(a, b, c)                                                                                                 \
  register const char *r0 __asm__("x0") = a;                                                                           \
  register const char *r1 __asm__("x1") = b;                                                                           \
  register int r2 __asm__("x2") = c
#else
#define PLACE(a, b, c)
#endif

/// What the agent calls to test itself (calls_check.c) is none of the program's calls.
static bool is_test(void) { return table_header->calls_reason == HG_AGENT_NOT_ASKED; }

cold void probe_function_entry(const char *file, const char *name, int line) {
  if (is_test()) return;
  PLACE(file, name, line);
  __asm__ volatile(PROBE(function__entry)::PROBE_REGISTERS(file, name, line) : "memory");
}

cold void probe_function_return(const char *file, const char *name, int line) {
  if (is_test()) return;
  PLACE(file, name, line);
  __asm__ volatile(PROBE(function__return)::PROBE_REGISTERS(file, name, line) : "memory");
}

cold void probe_env_read(const char *name, const char *value, int is_set) {
  PLACE(name, value, is_set);
  __asm__ volatile(PROBE(env__read)::PROBE_REGISTERS(name, value, is_set) : "memory");
}
