// SPDX-License-Identifier: Apache-2.0
// The table's file: its header, and the chunks behind it. The whole of its largest size is reserved in the address space
// once, so that a place in the file and a place in memory are the same, in a child of fork as well.
#include "agent.h"
#include "clock.h"
#include "functions.h"
#include "texts.h"

static struct hg_agent_header nothing = {.stop = TABLE_NONE}, forked = {.stop = TABLE_FORKED};
struct hg_agent_header *table_header = &nothing;
uint32_t table_epoch = 1;

static struct {
  char *base;
  uint64_t reserved;
  uint64_t chunks;
  uint64_t device, inode;
  /// The chunk of each kind that is being filled.
  struct hg_agent_chunk *filling[HG_AGENT_TEXTS + 1];
  char path[sizeof session.directory + 40];
} table;

/// Where Honeyguide looks for this process's table: DIRECTORY/PID-CREATED.
static void write_path(int pid, uint64_t created) {
  char *at = table.path;
  memcpy(at, session.directory, sizeof session.directory - 1);
  at += sizeof session.directory - 1;
  *at++ = '/';
  char digits[12];
  int count = 0;
  for (unsigned rest = (unsigned)pid; rest || !count; rest /= 10) digits[count++] = (char)('0' + rest % 10);
  while (count) *at++ = digits[--count];
  *at++ = '-';
  int shift = 60;
  while (shift && !(created >> shift)) shift -= 4;
  for (; shift >= 0; shift -= 4) *at++ = "0123456789abcdef"[created >> shift & 15];
  *at = 0;
}

/// Reserves space up to a size, so that no write to the mapped file can fail for want of it. A file size past the
/// process's limit would be answered with a signal.
static bool reserve(int fd, uint64_t from, uint64_t size) {
  if (from + size > system_limit(RLIMIT_FSIZE)) return false;
  long result = -4;
  for (int tries = 0; tries < 100 && result == -4 /* EINTR */; tries++)
    result = system6(__NR_fallocate, fd, 0, (long)from, (long)size, 0, 0);
  return result == 0;
}

static bool map(int fd, uint64_t from, uint64_t size) {
  void *mapped = system_mmap(table.base + from, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fd, from);
  return !system_failed(mapped);
}

static bool identify(int fd, uint64_t *device, uint64_t *inode) {
  struct statx status;
  if (system6(__NR_statx, fd, (long)"", AT_EMPTY_PATH, STATX_INO | STATX_TYPE, (long)&status, 0) != 0) return false;
  *device = (uint64_t)status.stx_dev_major << 32 | status.stx_dev_minor;
  *inode = status.stx_ino;
  return true;
}

/// A new file with so many chunks' space, of this process and this moment.
static int create_file(uint64_t chunks, uint64_t *created) {
  *created = system_nanoseconds(CLOCK_BOOTTIME);
  write_path((int)system6(__NR_getpid, 0, 0, 0, 0, 0, 0), *created);
  int fd = system_open(table.path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
  if (fd < 0) return -1;
  system6(__NR_fchmod, fd, 0600, 0, 0, 0, 0);
  if (identify(fd, &table.device, &table.inode) && reserve(fd, 0, HG_AGENT_PAGE + chunks * HG_AGENT_CHUNK)) return fd;
  system_close(fd);
  system6(__NR_unlinkat, AT_FDCWD, (long)table.path, 0, 0, 0, 0);
  return -1;
}

static void describe(struct hg_agent_header *header, uint64_t created) {
  header->pid = (int)system6(__NR_getpid, 0, 0, 0, 0, 0, 0);
  header->ppid = (int)system6(__NR_getppid, 0, 0, 0, 0, 0, 0);
  header->created = created;
  // Where no calls are timed the clock is left alone: a program may have forbidden itself to read it (PR_SET_TSC).
  header->ticks = session.file.flags & HG_AGENT_CALLS ? clock_now() : 0;
}

/// Counts a chunk that has been mapped.
static void begin_chunk(enum hg_agent_kind kind, uint64_t index) {
  struct hg_agent_chunk *chunk = (void *)(table.base + HG_AGENT_PAGE + index * HG_AGENT_CHUNK);
  chunk->kind = kind;
  chunk->used = kind == HG_AGENT_TEXTS ? sizeof *chunk : 0;
  table.filling[kind] = chunk;
}

/// A child of fork: what it records is its own, and what it has of the parent's is not to be written to.
static void after_fork(void) {
  if (table_header == &nothing) return;
  table_header = &forked;
  table_epoch++;
}

bool table_create(void) {
  static const enum hg_agent_kind first[] = {HG_AGENT_FUNCTIONS, HG_AGENT_READS, HG_AGENT_TEXTS};
  const uint64_t count = sizeof first / sizeof *first, size = HG_AGENT_PAGE + count * HG_AGENT_CHUNK;
  if (table.base || session.file.limit < size) return table_header != &nothing;
  // The limit is what the table may grow to. Where the process's address space is limited (ulimit -v), no more than a 64th of
  // that is taken from the program.
  uint64_t reserved = session.file.limit < UINT32_MAX ? session.file.limit : UINT32_MAX;
  const uint64_t share = system_limit(RLIMIT_AS) / 64;
  if (reserved > share) reserved = share > size ? share : size;
  reserved -= (reserved - HG_AGENT_PAGE) % HG_AGENT_CHUNK;
  char *base = system_mmap(NULL, reserved, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (system_failed(base)) return false;
  table.base = base;
  table.reserved = reserved;
  uint64_t created;
  int fd = create_file(count, &created);
  if (fd < 0) return false;
  bool mapped = map(fd, 0, size);
  system_close(fd);
  if (!mapped) return false;

  struct hg_agent_header *header = (void *)base;
  header->version = HG_AGENT_VERSION;
  header->header_size = HG_AGENT_PAGE;
  header->chunk_size = HG_AGENT_CHUNK;
  header->session = session.file.id;
  header->clock = clock_is_tsc() ? HG_AGENT_TSC : 0;
  header->python = python_version;
  const char *version = python.Py_GetVersion();
  for (size_t at = 0; at + 1 < sizeof header->version_text && version[at] && version[at] != ' '; at++)
    header->version_text[at] = version[at];
  header->calls_reason = HG_AGENT_NOT_ASKED;
  header->environment_reason = HG_AGENT_NOT_ASKED;
  describe(header, created);
  for (uint64_t index = 0; index < count; index++) begin_chunk(first[index], index);
  table.chunks = count;
  header->chunks = count;
  __atomic_store_n(&header->magic, HG_AGENT_TABLE_MAGIC, __ATOMIC_RELEASE);
  python_at_fork(after_fork);
  table_header = header;
  return true;
}

/// Appends a chunk. The file is opened anew: a descriptor that stays open would be seen by the program, and closed by
/// those that close all they know nothing of.
static cold bool append(enum hg_agent_kind kind) {
  const uint64_t at = HG_AGENT_PAGE + table.chunks * HG_AGENT_CHUNK;
  if (at + HG_AGENT_CHUNK > table.reserved) return false;
  int fd = system_open(table.path, O_RDWR | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK, 0);
  if (fd < 0) return false;
  uint64_t device, inode;
  bool appended = identify(fd, &device, &inode) && device == table.device && inode == table.inode
                  && reserve(fd, at, HG_AGENT_CHUNK) && map(fd, at, HG_AGENT_CHUNK);
  system_close(fd);
  if (!appended) return false;
  begin_chunk(kind, table.chunks++);
  __atomic_store_n(&table_header->chunks, table.chunks, __ATOMIC_RELEASE);
  return true;
}

static uint32_t record_size(enum hg_agent_kind kind) {
  return kind == HG_AGENT_FUNCTIONS ? sizeof(struct hg_agent_function) : sizeof(struct hg_agent_read);
}

void *table_room(enum hg_agent_kind kind) {
  const uint32_t size = record_size(kind), count = (HG_AGENT_CHUNK - sizeof(struct hg_agent_chunk)) / size;
  if (table.filling[kind]->used >= count && !append(kind)) return NULL;
  struct hg_agent_chunk *chunk = table.filling[kind];
  return (char *)(chunk + 1) + (size_t)chunk->used * size;
}

void table_added(enum hg_agent_kind kind) {
  struct hg_agent_chunk *chunk = table.filling[kind];
  __atomic_store_n(&chunk->used, chunk->used + 1, __ATOMIC_RELEASE);
}

uint32_t table_add_text(const char *bytes, size_t size) {
  const uint32_t kept = size < HG_AGENT_TEXT_LIMIT ? (uint32_t)size : HG_AGENT_TEXT_LIMIT;
  // At least one zero behind it, for the probes.
  const uint32_t whole = (uint32_t)sizeof(struct hg_agent_text) + (kept + 8) / 8 * 8;
  if (table.filling[HG_AGENT_TEXTS]->used + whole > HG_AGENT_CHUNK && !append(HG_AGENT_TEXTS)) return 0;
  struct hg_agent_chunk *chunk = table.filling[HG_AGENT_TEXTS];
  struct hg_agent_text *text = (void *)((char *)chunk + chunk->used);
  text->full_size = size < UINT32_MAX ? (uint32_t)size : UINT32_MAX;
  text->size = kept;
  memcpy(text + 1, bytes, kept);
  __atomic_store_n(&chunk->used, chunk->used + whole, __ATOMIC_RELEASE);
  return (uint32_t)((char *)text - table.base);
}

void *table_at(uint32_t place) { return table.base + place; }
uint32_t table_place(const void *at) { return (uint32_t)((const char *)at - table.base); }

const char *table_bytes(uint32_t place) {
  return place ? table.base + place + sizeof(struct hg_agent_text) : "";
}

/// Takes the counts out of a copied table: its functions stay, and of what kind they are; its reads go.
static void clear_counts(void) {
  for (uint64_t index = 0; index < table.chunks; index++) {
    struct hg_agent_chunk *chunk = (void *)(table.base + HG_AGENT_PAGE + index * HG_AGENT_CHUNK);
    if (chunk->kind == HG_AGENT_READS) {
      memset((char *)chunk + sizeof *chunk, 0, HG_AGENT_CHUNK - sizeof *chunk);
      chunk->used = 0;
      table.filling[HG_AGENT_READS] = chunk;
    } else if (chunk->kind == HG_AGENT_FUNCTIONS) {
      struct hg_agent_function *functions = (void *)(chunk + 1);
      for (uint32_t at = 0; at < chunk->used; at++) {
        const uint64_t kind = functions[at].own[FUNCTION_KIND];
        memset(&functions[at], 0, offsetof(struct hg_agent_function, line));
        memset(functions[at].own, 0, sizeof functions[at].own);
        functions[at].own[FUNCTION_KIND] = kind;
      }
    }
  }
  reads_forget();
}

cold bool table_follow_fork(void) {
  const uint64_t size = HG_AGENT_PAGE + table.chunks * HG_AGENT_CHUNK;
  uint64_t created;
  int fd = create_file(table.chunks, &created);
  bool copied = fd >= 0;
  for (uint64_t at = 0; copied && at < size;) {
    // Not the first page, with the magic: it is written when all else is right.
    long written = at ? system_pwrite(fd, table.base + at, size - at, at) : HG_AGENT_PAGE;
    copied = written > 0;
    at += copied ? (uint64_t)written : 0;
  }
  struct hg_agent_header before;
  memcpy(&before, table.base, sizeof before);
  copied = copied && map(fd, 0, size);
  if (fd >= 0) system_close(fd);
  if (!copied) {
    if (fd >= 0) system6(__NR_unlinkat, AT_FDCWD, (long)table.path, 0, 0, 0, 0);
    // Nothing here leads to the parent's table any more.
    system_mmap(table.base, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
    table_header = &nothing;
    return false;
  }
  struct hg_agent_header *header = (void *)table.base;
  *header = before;
  header->magic = 0;
  header->chunks = table.chunks;
  header->is_fork = 1;
  header->lost_functions = header->lost_calls = header->lost_reads = 0;
  memset(header->own, 0, sizeof header->own);
  describe(header, created);
  clear_counts();
  __atomic_store_n(&header->magic, HG_AGENT_TABLE_MAGIC, __ATOMIC_RELEASE);
  table_header = header;
  return header->stop == 0;
}
