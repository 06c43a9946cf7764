// SPDX-License-Identifier: Apache-2.0
// A program with what readers of its file look for: static probes with and without a semaphore, one of them at two
// places, functions of every binding, a function chosen by a resolver, a variable of each thread.
#include <stdio.h>

#ifdef __x86_64__
#define WORD ".8byte"
#else
#define WORD ".4byte"
#endif

// Notes as sys/sdt.h has the assembler write them; `semaphore` is a symbol or 0.
#define PROBE(name, semaphore, arguments)                                                                              \
  "990: nop\n"                                                                                                         \
  ".pushsection .note.stapsdt, \"\", \"note\"\n"                                                                       \
  ".balign 4\n"                                                                                                        \
  ".4byte 992f-991f, 994f-993f, 3\n"                                                                                   \
  "991: .asciz \"stapsdt\"\n"                                                                                          \
  "992: .balign 4\n"                                                                                                   \
  "993: " WORD " 990b, _.stapsdt.base, " semaphore "\n"                                                                \
  ".asciz \"probed\"\n"                                                                                                \
  ".asciz \"" name "\"\n"                                                                                              \
  ".asciz \"" arguments "\"\n"                                                                                         \
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

__attribute__((section(".probes"), used)) unsigned short probed_asked_semaphore;
__thread int of_thread = 3;
int zeros[1000];

static __attribute__((noinline)) int hidden(int x) {
  __asm__ volatile(PROBE("plain", "0", "-4@%%eax") : : "a"(x));
  return x + 1;
}

__attribute__((weak, noinline)) int perhaps(int x) {
  __asm__ volatile(PROBE("asked", "probed_asked_semaphore", "-4@%%eax 4@$7") : : "a"(x));
  return x + 2;
}

__attribute__((noinline)) int seen(int x) {
  __asm__ volatile(PROBE("asked", "probed_asked_semaphore", "-4@%%eax 4@$8") : : "a"(x));
  __asm__ volatile(PROBE("bare", "0", ""));
  return hidden(x) + perhaps(x);
}

static int (*choose(void))(int) { return seen; }
int chosen(int x) __attribute__((ifunc("choose")));

int main(int count, char **words) {
  (void)words;
  if (probed_asked_semaphore) puts("somebody listens");
  zeros[count] = chosen(count) + of_thread;
  return zeros[count] == 0;
}
