// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
// What a process does to itself or to others, without a path: users and groups, names, namespaces, tracing, signals.
#pragma once
#include "calls.h"
#include "view.h"

static __always_inline void fill_ids(struct hg_act *record, struct task_struct *task) {
  const struct cred *cred = NULL;
  FIELD(cred, task, cred);
  FIELD(record->ids[HG_ID_UID], cred, uid);
  FIELD(record->ids[HG_ID_EUID], cred, euid);
  FIELD(record->ids[HG_ID_SUID], cred, suid);
  FIELD(record->ids[HG_ID_FSUID], cred, fsuid);
  FIELD(record->ids[HG_ID_GID], cred, gid);
  FIELD(record->ids[HG_ID_EGID], cred, egid);
  FIELD(record->ids[HG_ID_SGID], cred, sgid);
  FIELD(record->ids[HG_ID_FSGID], cred, fsgid);
}

SEC("?tp_btf/sys_exit")
int BPF_PROG(act_call, struct pt_regs *registers, long result) {
  struct task_struct *task = bpf_get_current_task_btf();
  __u32 row = call_row(task, registers);
  struct hg_call *call = bpf_map_lookup_elem(&calls, &row);
  if (!call || is_restart(result) || (result >= 0 && call->flags & HG_CALL_ONLY_FAILED)) return 0;
  struct call_arguments arguments;
  read_arguments(&arguments, registers, row);
  if (call->event == HG_CALL_NAME && (__u32)arguments.word[0] != PR_SET_NAME) return 0;
  if (call->event == HG_CALL_PTRACE) {
    // A debugger's other requests are without number.
    __u32 request = arguments.word[0];
    if (request != PTRACE_TRACEME && request != PTRACE_ATTACH && request != PTRACE_SEIZE) return 0;
  }
  if (call->event == HG_CALL_UNSHARE && result >= 0) place_anew(task);
  struct hg_act record = {};
  fill_header(&record.header, HG_RECORD_ACT, task, parent_pid(task));
  record.header.size = sizeof record;
  record.result = result;
  record.call = row;
  record.event = call->event;
  for (int i = 0; i < 4; i++) record.arguments[i] = arguments.word[i];
  if (call->event == HG_CALL_SET_ID) fill_ids(&record, task);
  emit(&record.header, sizeof record);
  return 0;
}

// A signal that one process sends another, whoever of both is followed. What the kernel sends by itself (a terminal's
// Ctrl-C, a fault, a timer) has another code, and does not always run in the sender's context.
SEC("?tp_btf/signal_generate")
int BPF_PROG(signal_sent, int number, struct kernel_siginfo *info, struct task_struct *target, int group, int result) {
  if ((unsigned long)info <= 1) return 0;
  int code = 0;
  FIELD(code, info, si_code);
  if (code != SI_USER && code != SI_QUEUE && code != SI_TKILL) return 0;
  struct task_struct *task = bpf_get_current_task_btf();
  if (task->tgid == target->tgid) return 0;
  struct followed *sender = followed(task), *receiver = followed(target);
  if (sender ? !is_wanted(task, sender) : !receiver || filters & (HG_FILTER_UID | HG_FILTER_COMM | HG_FILTER_EXE)) return 0;
  struct task_struct *by = sender ? task : target, *other = sender ? target : task;
  struct hg_signal record = {};
  fill_header(&record.header, HG_RECORD_SIGNAL, by, parent_pid(by));
  if (!sender) {
    const struct cred *cred = NULL;
    FIELD(cred, target, cred);
    FIELD(record.header.uid, cred, uid);
  }
  struct task_struct *leader = NULL;
  FIELD(leader, other, group_leader);
  FIELD(record.other_start, leader, start_boottime);
  record.header.size = sizeof record;
  record.other_pid = other->tgid;
  record.number = number;
  record.is_received = !sender;
  FIELD(record.other_comm, other, comm);
  emit(&record.header, sizeof record);
  return 0;
}
