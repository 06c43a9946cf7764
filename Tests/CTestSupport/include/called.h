// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Gives `number + 1`; is only there to be called. Beside it another one, which gives `number + 2`.
int hg_test_called(int number);
int hg_test_called_beside(int number);

/// Calls the first in a child of its own, whose pid it gives when that has ended; -1: no such child.
int hg_test_called_in_child(int number);

/// Calls the first in a thread of its own.
void hg_test_called_in_thread(int number);

/// A child with all that its parent has open; it waits to be killed.
int hg_test_waiting_child(void);

/// A counter as that of a USDT probe: where it lies, and its value.
unsigned long hg_test_semaphore_address(void);
int hg_test_semaphore_value(void);
