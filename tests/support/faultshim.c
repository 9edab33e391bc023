/* Fails, kills at, or records the file operations of this process on chosen files.
 *
 * Loaded with LD_PRELOAD and quiet until armed. Counted operations: pwrite, write, fsync, fdatasync, ftruncate, unlink
 * on files whose path contains the armed text.
 *
 * Record format, little endian: u8 kind, u8 file number, u64 offset, u32 length, then `length` bytes.
 * kinds: 1 write, 2 sync, 3 truncate (offset = new size), 4 unlink, 5 name of a file (bytes = path), 6 mark (offset).
 *
 * While recording, an operation and its record are one step for all threads: the record has the order of the disk.
 * Recording with `at` > 0 ends the process by SIGKILL at that operation: after it, or before it when sticky.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <stdio.h>
#include <sys/types.h>
#include <unistd.h>

enum { QUIET, COUNT, KILL, TORN, FAIL, RECORD };
enum { WRITE = 1, SYNC, TRUNCATE, UNLINK, NAME, MARK };

static int mode, error_number, sticky, log_fd = -1;
static long counted, at;
static char wanted[512];
static char names[64][512];
static int known;
static pthread_mutex_t recording = PTHREAD_MUTEX_INITIALIZER;

#define REAL(name, type) static type real; if (!real) real = (type)dlsym(RTLD_NEXT, name)

typedef ssize_t (*pwrite_t)(int, const void *, size_t, off_t);
typedef ssize_t (*write_t)(int, const void *, size_t);
typedef int (*sync_t)(int);
typedef int (*truncate_t)(int, off_t);
typedef int (*unlink_t)(const char *);

static ssize_t plain_write(int fd, const void *bytes, size_t length)
{
    REAL("write", write_t);
    return real(fd, bytes, length);
}

static ssize_t plain_pwrite(int fd, const void *bytes, size_t length, off_t offset)
{
    REAL("pwrite64", pwrite_t);
    return real(fd, bytes, length, offset);
}

void shim_arm(int new_mode, const char *path_part, long new_at, int new_errno, int is_sticky, int new_log)
{
    snprintf(wanted, sizeof wanted, "%s", path_part);
    counted = 0;
    known = 0;
    at = new_at;
    error_number = new_errno;
    sticky = is_sticky;
    log_fd = new_log;
    mode = new_mode;
}

void shim_disarm(void) { mode = QUIET; }

long shim_counted(void) { return counted; }

static void put(int kind, int file, uint64_t offset, uint32_t length, const void *bytes)
{
    unsigned char head[14];
    head[0] = (unsigned char)kind;
    head[1] = (unsigned char)file;
    memcpy(head + 2, &offset, 8);
    memcpy(head + 10, &length, 4);
    plain_write(log_fd, head, sizeof head);
    if (length)
        plain_write(log_fd, bytes, length);
}

void shim_mark(unsigned long number)
{
    if (mode != RECORD)
        return;
    pthread_mutex_lock(&recording);
    put(MARK, 0, number, 0, NULL);
    pthread_mutex_unlock(&recording);
}

static int is_wanted_path(const char *path) { return wanted[0] && strstr(path, wanted) != NULL; }

static int path_of(int fd, char *path, size_t room)
{
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, room - 1);
    if (length <= 0)
        return 0;
    path[length] = 0;
    return is_wanted_path(path);
}

static int number_of(const char *path)
{
    for (int i = 0; i < known; i++)
        if (!strcmp(names[i], path))
            return i;
    if (known == 64)
        return 63;
    snprintf(names[known], sizeof names[known], "%s", path);
    put(NAME, known, 0, (uint32_t)strlen(path), path);
    return known++;
}

/* Before a wanted operation: everybody else waits while it is done and recorded. */
static void enter(void)
{
    if (mode == RECORD)
        pthread_mutex_lock(&recording);
}

/* After it: writes it down if it was done. May not return. */
static void leave(int is_done, int kind, const char *path, uint64_t offset, uint32_t length, const void *bytes)
{
    if (mode != RECORD)
        return;
    int saved = errno;
    if (is_done)
        put(kind, number_of(path), offset, length, bytes);
    if (!sticky && counted == at)
        kill(getpid(), SIGKILL);
    errno = saved;
    pthread_mutex_unlock(&recording);
}

/* 1: fail this operation; 0: let it pass. In KILL, TORN and RECORD it may not return. */
static int meets(int fd, const void *bytes, size_t length, off_t offset)
{
    counted++;
    if (mode == RECORD && sticky && counted == at)
        kill(getpid(), SIGKILL);
    if (mode == COUNT || mode == RECORD)
        return 0;
    int hit = sticky ? counted >= at : counted == at;
    if (!hit)
        return 0;
    if (mode == TORN && bytes && length > 1) {
        if (offset >= 0)
            plain_pwrite(fd, bytes, length / 2, offset);
        else
            plain_write(fd, bytes, length / 2);
    }
    if (mode == KILL || mode == TORN)
        kill(getpid(), SIGKILL);
    errno = error_number;
    return 1;
}

ssize_t pwrite64(int fd, const void *bytes, size_t length, off_t offset)
{
    char path[512];
    if (mode == QUIET || !path_of(fd, path, sizeof path))
        return plain_pwrite(fd, bytes, length, offset);
    enter();
    if (meets(fd, bytes, length, offset))
        return -1;
    ssize_t done = plain_pwrite(fd, bytes, length, offset);
    leave(done > 0, WRITE, path, (uint64_t)offset, done > 0 ? (uint32_t)done : 0, bytes);
    return done;
}

ssize_t pwrite(int fd, const void *bytes, size_t length, off_t offset) { return pwrite64(fd, bytes, length, offset); }

ssize_t write(int fd, const void *bytes, size_t length)
{
    char path[512];
    if (mode == QUIET || !path_of(fd, path, sizeof path))
        return plain_write(fd, bytes, length);
    off_t offset = lseek(fd, 0, SEEK_CUR);
    enter();
    if (meets(fd, bytes, length, -1))
        return -1;
    ssize_t done = plain_write(fd, bytes, length);
    leave(done > 0, WRITE, path, (uint64_t)offset, done > 0 ? (uint32_t)done : 0, bytes);
    return done;
}

static int synced(int fd, sync_t real)
{
    char path[512];
    if (mode == QUIET || !path_of(fd, path, sizeof path))
        return real(fd);
    enter();
    if (meets(fd, NULL, 0, 0))
        return -1;
    int done = real(fd);
    leave(done == 0, SYNC, path, 0, 0, NULL);
    return done;
}

int fsync(int fd) { REAL("fsync", sync_t); return synced(fd, real); }

int fdatasync(int fd) { REAL("fdatasync", sync_t); return synced(fd, real); }

int ftruncate64(int fd, off_t size)
{
    REAL("ftruncate64", truncate_t);
    char path[512];
    if (mode == QUIET || !path_of(fd, path, sizeof path))
        return real(fd, size);
    enter();
    if (meets(fd, NULL, 0, 0))
        return -1;
    int done = real(fd, size);
    leave(done == 0, TRUNCATE, path, (uint64_t)size, 0, NULL);
    return done;
}

int ftruncate(int fd, off_t size) { return ftruncate64(fd, size); }

int unlink(const char *path)
{
    REAL("unlink", unlink_t);
    if (mode == QUIET || !is_wanted_path(path))
        return real(path);
    enter();
    if (meets(-1, NULL, 0, 0))
        return -1;
    int done = real(path);
    leave(done == 0, UNLINK, path, 0, 0, NULL);
    return done;
}
