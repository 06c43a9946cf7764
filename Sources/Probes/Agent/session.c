// SPDX-License-Identifier: Apache-2.0
// Which session this process belongs to. LD_PRELOAD names it: BUILD/s/3/f/0/…/$LIB/agent.so.
#include "agent.h"
#include "libraries.h"

struct session session;

/// The number behind "/s/" of a path that ends with "/agent.so"; false for any other.
static bool parse(const char *path, size_t size, char digits[HG_AGENT_ID_DIGITS]) {
  static const char library[] = "/agent.so";
  const size_t tail = sizeof library - 1;
  if (size < tail || memcmp(path + size - tail, library, tail) != 0) return false;
  for (size_t start = 0; start + 3 + 2 * HG_AGENT_ID_DIGITS <= size; start++) {
    if (memcmp(path + start, "/s/", 3) != 0) continue;
    const char *at = path + start + 3;
    size_t count = 0;
    for (; count < HG_AGENT_ID_DIGITS; count++, at += 2) {
      if (!((at[0] >= '0' && at[0] <= '9') || (at[0] >= 'a' && at[0] <= 'f')) || at[1] != '/') break;
      digits[count] = at[0];
    }
    if (count == HG_AGENT_ID_DIGITS) return true;
  }
  return false;
}

bool session_is_library(const char *path, size_t size) {
  char digits[HG_AGENT_ID_DIGITS];
  return parse(path, size, digits);
}

/// Whether somebody holds the session's lock.
static bool is_held(int fd) {
  struct flock lock = {.l_type = F_RDLCK, .l_whence = 0 /* SEEK_SET */, .l_start = 0, .l_len = 1};
  return system6(__NR_fcntl, fd, F_OFD_GETLK, (long)&lock, 0, 0, 0) == 0 && lock.l_type == F_WRLCK;
}

static bool open_session(const char digits[HG_AGENT_ID_DIGITS]) {
  static const char file[] = "/" HG_AGENT_SESSION_FILE;
  char *end = session.directory;
  memcpy(end, HG_AGENT_SESSIONS "/", sizeof HG_AGENT_SESSIONS);
  end += sizeof HG_AGENT_SESSIONS;
  memcpy(end, digits, HG_AGENT_ID_DIGITS);
  end[HG_AGENT_ID_DIGITS] = 0;
  char path[sizeof session.directory + sizeof file];
  memcpy(path, session.directory, sizeof session.directory - 1);
  memcpy(path + sizeof session.directory - 1, file, sizeof file);

  int fd = system_open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0);
  if (fd < 0) return false;
  struct hg_agent_session found;
  bool usable = system_pread(fd, &found, sizeof found, 0) == sizeof found && found.magic == HG_AGENT_SESSION_MAGIC
                && found.version == HG_AGENT_VERSION && is_held(fd);
  system_close(fd);
  if (usable) session.file = found;
  return usable;
}

bool session_find(char *const *environment) {
  static const char variable[] = "LD_PRELOAD=";
  for (; *environment; environment++) {
    if (strlen(*environment) < sizeof variable || memcmp(*environment, variable, sizeof variable - 1) != 0) continue;
    // Its elements, as ld.so separates them.
    for (const char *at = *environment + sizeof variable - 1; *at;) {
      size_t size = 0;
      while (at[size] && at[size] != ':' && at[size] != ' ') size++;
      char digits[HG_AGENT_ID_DIGITS];
      if (parse(at, size, digits) && open_session(digits)) return true;
      at += size + (at[size] != 0);
    }
    return false;
  }
  return false;
}

bool session_find_by_path(void) {
  const struct library *agent = library_of_agent();
  char digits[HG_AGENT_ID_DIGITS];
  return agent && parse(agent->path, strlen(agent->path), digits) && open_session(digits);
}
