// SPDX-License-Identifier: Apache-2.0
// What a 32-bit program is given in the agent's place: a library with nothing in it, so that its ld.so has nothing to say.
typedef int nothing;
