// SPDX-License-Identifier: Apache-2.0
internal import Glibc

/// Runs `body` on this thread before all ordinary ones of its processor, where rights allow (CAP_SYS_NICE).
///
/// An iterator program can be preempted in the middle of asking for a task's mark, and until it goes on no hook on that
/// processor can make one: a child that is forked there just then would not be followed (that is counted:
/// `child-not-followed`). Kernel: the busy counter of kernel/bpf/bpf_task_storage.c.
func undisturbed<Failure>(_ body: () throws(Failure) -> Void) throws(Failure) {
  var before = sched_param(), real = sched_param(sched_priority: 1)
  let policy = sched_getscheduler(0)
  let isRaised =
    unsafe policy >= 0 && sched_getparam(0, &before) == 0 && sched_setscheduler(0, SCHED_FIFO, &real) == 0
  defer { if isRaised { unsafe _ = sched_setscheduler(0, policy, &before) } }
  try body()
}
