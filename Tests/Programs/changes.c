// SPDX-License-Identifier: Apache-2.0
// Changes names and what belongs to them, in every form, with and without success.
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef AT_EMPTY_PATH
#define AT_EMPTY_PATH 0x1000
#endif

static void make(const char *name) { close(open(name, O_CREAT | O_WRONLY, 0600)); }

static void directories(int d) {
  syscall(SYS_mkdir, "made", 0751);
  syscall(SYS_mkdir, "made", 0751);            // EEXIST
  syscall(SYS_mkdirat, d, "sub", 01777);
  syscall(SYS_mkdirat, d, "missing/sub", 0700);  // ENOENT
  syscall(SYS_mkdirat, 777, "sub", 0700);        // EBADF
  syscall(SYS_rmdir, "made");
  syscall(SYS_rmdir, "made");                  // ENOENT
  syscall(SYS_rmdir, "d");                     // ENOTEMPTY
  syscall(SYS_unlinkat, d, "sub", 0);          // EISDIR
  syscall(SYS_unlinkat, d, "sub", 0x200);      // AT_REMOVEDIR
  syscall(SYS_unlinkat, d, "sub", 0x200);
  syscall(SYS_unlinkat, d, "sub", 0x4000);     // EINVAL
}

static void names(int d) {
  make("a");
  syscall(SYS_rename, "a", "d/b");
  syscall(SYS_rename, "a", "d/b");             // ENOENT
  syscall(SYS_renameat, d, "b", AT_FDCWD, "./c");
  make("d/e");
  syscall(SYS_renameat2, AT_FDCWD, "c", d, "e", RENAME_NOREPLACE);  // EEXIST
  syscall(SYS_renameat2, AT_FDCWD, "c", d, "e", RENAME_EXCHANGE);
  syscall(SYS_renameat2, AT_FDCWD, "c", d, "e", 0x80);              // EINVAL
  syscall(SYS_renameat2, AT_FDCWD, "c", d, "w", RENAME_WHITEOUT);
  syscall(SYS_link, "d/e", "hard");
  syscall(SYS_link, "d/e", "hard");            // EEXIST
  syscall(SYS_linkat, d, "e", AT_FDCWD, "hard2", 0);
  syscall(SYS_linkat, d, "missing", AT_FDCWD, "hard3", 0);
  syscall(SYS_linkat, d, "e", d, "hard4", AT_SYMLINK_FOLLOW);
  int fresh = open("d", O_TMPFILE | O_RDWR, 0600);
  syscall(SYS_linkat, fresh, "", d, "fresh", AT_EMPTY_PATH);
  syscall(SYS_symlink, "../no such\nplace", "sym");
  syscall(SYS_symlink, "x", "sym");            // EEXIST
  syscall(SYS_symlinkat, "e", d, "sym");
  syscall(SYS_symlinkat, "", d, "empty");      // ENOENT
  syscall(SYS_unlink, "hard");
  syscall(SYS_unlink, "hard");                 // ENOENT
  syscall(SYS_unlink, "d");                    // EISDIR
  syscall(SYS_unlink, (char *)8);              // EFAULT
  syscall(SYS_rename, "d/e", (char *)8);
  syscall(SYS_unlinkat, d, "e/x", 0);          // ENOTDIR
}

static void contents(int d) {
  make("t");
  int t = open("t", O_RDWR), r = open("t", O_RDONLY), p = open("t", O_PATH);
  syscall(SYS_truncate, "t", 100l);
#if defined(__x86_64__)  // strace shows the 32-bit call's -1 as 4294967295
  syscall(SYS_truncate, "t", -1l);             // EINVAL
#endif
  syscall(SYS_truncate, "d", 0l);              // EISDIR
  syscall(SYS_truncate, "missing", 5l);
  syscall(SYS_ftruncate, t, 5000000000l);
  syscall(SYS_ftruncate, r, 0l);               // EINVAL
  syscall(SYS_ftruncate, 777, 0l);             // EBADF
  syscall(SYS_chmod, "t", 04755);
  syscall(SYS_chmod, "missing", 0600);
  syscall(SYS_fchmod, t, 0640);
  syscall(SYS_fchmod, p, 0640);                // EBADF
  syscall(SYS_fchmodat, d, "../t", 0600);
  syscall(SYS_fchmodat, d, "missing", 0600);
  syscall(SYS_chmod, "t", 0x55000f01ffl);       // the kernel takes 16 bits
  syscall(SYS_chown, "t", 0x4400000001l, 0x4400000002l);  // and 32
  syscall(SYS_mkdir, "wide", 0x55000f01c0l);
  syscall(SYS_chown, "t", 1, 2);
  syscall(SYS_chown, "t", -1, 3);
  syscall(SYS_lchown, "sym", 4, -1);
  syscall(SYS_fchown, t, 5, 6);
  syscall(SYS_fchownat, d, "../t", 7, 8, 0);
  syscall(SYS_fchownat, d, "sym", 7, 8, AT_SYMLINK_NOFOLLOW);
  syscall(SYS_fchownat, t, "", 9, 9, AT_EMPTY_PATH);
  syscall(SYS_fchownat, t, "", 9, 9, 0);       // ENOENT
  syscall(SYS_fchown, 777, 0, 0);
  syscall(SYS_unlink, "t");
  syscall(SYS_fchmod, t, 0600);                // of a file without a name
  syscall(SYS_ftruncate, t, 0l);
}

static void places(int d) {
  syscall(SYS_symlink, "d", "way");
  syscall(SYS_chdir, "way");
  syscall(SYS_unlink, "e");
  syscall(SYS_chdir, "..");
  syscall(SYS_chdir, "missing");
  syscall(SYS_chdir, "way/sym");               // ENOENT
  syscall(SYS_chdir, "./way/..//d/.");
  syscall(SYS_mkdir, "lost", 0700);
  syscall(SYS_chdir, "lost");
  syscall(SYS_rmdir, "../lost");
  syscall(SYS_mkdir, "x", 0700);               // ENOENT: the place is gone
  syscall(SYS_chdir, "/");
  syscall(SYS_mkdirat, d, "from-root", 0700);
  syscall(SYS_fchdir, d);
  syscall(SYS_fchdir, 777);
  syscall(SYS_rmdir, "from-root");
}

int main(void) {
  umask(022);
  mkdir("d", 0755);
  int d = open("d", O_RDONLY | O_DIRECTORY);
  directories(d);
  names(d);
  contents(d);
  places(d);
  fflush(NULL);
  pid_t child = fork();
  if (child == 0) {
    if (setgid(65534) || setuid(65534)) _exit(1);
    unlink("sym");                 // EACCES
    chmod("/etc/passwd", 0666);    // EPERM
    chown("/etc/passwd", 1, 1);
    mkdir("/etc/honeyguide-test", 0700);
    rename("/etc/passwd", "/etc/shadow");
    truncate("/etc/passwd", 0);
    _exit(chdir("/root") == 0);
  }
  int status;
  waitpid(child, &status, 0);
  return status != 0;
}
