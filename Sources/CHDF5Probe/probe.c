#include "CHDF5Probe.h"

#include <errno.h>
#include <fcntl.h>
#include <hdf5.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#ifdef __linux__
#include <sys/prctl.h>
#endif

// The child's own memory: what it has been told and what it has read so far.
typedef struct {
  CHDF5Probe_place *place;
  const char *skipped;
  // How many objects a file of this size can hold, less those that were seen: links in circles end.
  int64_t objects;
  // How many bytes of elements are still read; what lies beyond is only opened.
  int64_t bytes;
} probe;

static const int64_t all_bytes = 64 << 20;
static const size_t value_bytes = 64 << 20;
// What the library may ask for beyond what is there: a damaged chunk can say that it has 3 GB.
static const rlim_t memory_bytes = (rlim_t)1 << 30;

static int is_skipped(const probe *p, const char *path) {
  for (const char *s = p->skipped; *s; s += strlen(s) + 1) {
    if (strcmp(s, path) == 0) return 1;
  }
  return 0;
}

// Reads values of any type into memory that the process's end gives back.
static herr_t read_attribute(
    hid_t object, const char *name, const H5A_info_t *info, void *context) {
  probe *p = (probe *)context;
  (void)info;
  strncpy(p->place->attribute, name, sizeof p->place->attribute - 1);
  p->place->beats++;
  hid_t attribute = H5Aopen(object, name, H5P_DEFAULT);
  if (attribute < 0) return 0;
  hid_t type = H5Aget_type(attribute), space = H5Aget_space(attribute);
  hssize_t count = space < 0 ? -1 : H5Sget_simple_extent_npoints(space);
  size_t size = type < 0 ? 0 : H5Tget_size(type);
  if (count > 0 && size > 0 && (size_t)count <= value_bytes / size) {
    void *values = calloc((size_t)count, size);
    if (values) H5Aread(attribute, type, values);
    free(values);
  }
  H5Sclose(space);
  H5Tclose(type);
  H5Aclose(attribute);
  p->place->attribute[0] = 0;
  return 0;
}

// Reads a dataset, unless it has our checksum: then format and checksum cover every byte of it.
static void read_dataset(probe *p, hid_t dataset) {
  hid_t type = H5Dget_type(dataset), space = H5Dget_space(dataset);
  hssize_t count = space < 0 ? -1 : H5Sget_simple_extent_npoints(space);
  size_t size = type < 0 ? 0 : H5Tget_size(type);
  H5Dget_storage_size(dataset);
  if (count > 0 && size > 0 && count <= p->bytes / (int64_t)size
      && H5Aexists(dataset, "checksum") <= 0) {
    p->bytes -= count * (int64_t)size;
    void *values = calloc((size_t)count, size);
    if (values) H5Dread(dataset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, values);
    free(values);
  }
  H5Sclose(space);
  H5Tclose(type);
}

static herr_t visit(hid_t group, const char *name, const H5L_info_t *info, void *context);

static void read_object(probe *p, hid_t object) {
  hsize_t start = 0;
  H5Aiterate2(object, H5_INDEX_NAME, H5_ITER_INC, &start, read_attribute, p);
  p->place->attribute[0] = 0;
  switch (H5Iget_type(object)) {
    case H5I_GROUP:
      start = 0;
      H5Literate(object, H5_INDEX_NAME, H5_ITER_INC, &start, visit, p);
      break;
    case H5I_DATASET: read_dataset(p, object); break;
    default: break;
  }
}

// Reads what a link of a group leads to inside the same file.
static herr_t visit(hid_t group, const char *name, const H5L_info_t *info, void *context) {
  probe *p = (probe *)context;
  if (info->type != H5L_TYPE_HARD || p->objects-- <= 0) return 0;
  CHDF5Probe_place *place = p->place;
  size_t above = strlen(place->object), length = strlen(name);
  size_t slash = above > 1 ? 1 : 0;
  // Deeper or longer than anything that is read later.
  if (above + slash + length + 1 > sizeof place->object) return 0;
  if (slash) place->object[above] = '/';
  memcpy(place->object + above + slash, name, length + 1);
  p->place->beats++;
  if (!is_skipped(p, place->object)) {
    hid_t object = H5Oopen(group, name, H5P_DEFAULT);
    if (object >= 0) {
      read_object(p, object);
      H5Oclose(object);
    }
  }
  place->object[above] = 0;
  return 0;
}

static void read_file(probe *p, const char *path) {
  hid_t access = H5Pcreate(H5P_FILE_ACCESS);
  H5Pset_fclose_degree(access, H5F_CLOSE_STRONG);
  H5Pset_file_locking(access, 0, 1);
  hid_t file = H5Fopen(path, H5F_ACC_RDONLY, access);
  if (file < 0) return;
  strcpy(p->place->object, "/");
  hid_t root = H5Gopen2(file, "/", H5P_DEFAULT);
  if (root >= 0 && !is_skipped(p, "/")) read_object(p, root);
  H5Gclose(root);
  H5Fclose(file);
}

// Makes the library's larger requests fail. A sanitizer reserves more than any limit allows.
static void limit_memory(void) {
#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
  return;
#endif
#endif
  FILE *sizes = fopen("/proc/self/statm", "r");
  unsigned long pages = 0;
  if (!sizes) return;
  if (fscanf(sizes, "%lu", &pages) == 1) {
    rlim_t bytes = (rlim_t)pages * (rlim_t)sysconf(_SC_PAGESIZE) + memory_bytes;
    struct rlimit limit = {bytes, bytes};
    setrlimit(RLIMIT_AS, &limit);
  }
  fclose(sizes);
}

// What the child does; it ends without the handlers that belong to its parent.
static void run(CHDF5Probe_place *place, int life, const char *path, const char *skipped) {
  static const int deadly[] = {SIGSEGV, SIGBUS, SIGABRT, SIGFPE, SIGILL, SIGTERM, SIGPIPE};
  for (size_t i = 0; i < sizeof deadly / sizeof *deadly; i++) signal(deadly[i], SIG_DFL);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, NULL);
  struct rlimit limit = {0, 0};
  setrlimit(RLIMIT_CORE, &limit);
#ifdef __linux__
  prctl(PR_SET_PDEATHSIG, SIGKILL);
#endif
  // The parent's files, and with them its locks, are its own: it may die before the child does.
  for (int file = 3; file < 4096; file++) {
    if (file != life) close(file);
  }
  int nothing = open("/dev/null", O_RDWR);
  if (nothing >= 0) {
    dup2(nothing, 1);
    dup2(nothing, 2);
  }
  struct stat status;
  if (stat(path, &status) != 0) _exit(0);
  // No object takes less than a header of 16 bytes.
  probe p = {place, skipped, 1024 + status.st_size / 16, all_bytes};
  H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
  limit_memory();
  read_file(&p, path);
  _exit(0);
}

int CHDF5Probe_start(CHDF5Probe_child *child, const char *path, const char *skipped) {
  int ends[2];
  if (pipe(ends) != 0) return errno;
  fcntl(ends[0], F_SETFD, FD_CLOEXEC);
  fcntl(ends[1], F_SETFD, FD_CLOEXEC);
  CHDF5Probe_place *place = mmap(
      NULL, sizeof *place, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (place == MAP_FAILED) {
    int error = errno;
    close(ends[0]);
    close(ends[1]);
    return error;
  }
  pid_t process = fork();
  if (process == 0) {
    close(ends[0]);
    run(place, ends[1], path, skipped);
  }
  int error = errno;
  close(ends[1]);
  if (process < 0) {
    close(ends[0]);
    munmap(place, sizeof *place);
    return error;
  }
  *child = (CHDF5Probe_child){process, ends[0], place};
  return 0;
}

// The milliseconds that a child has computed for; negative where the system does not tell.
static int64_t computed(pid_t process) {
#ifdef __linux__
  clockid_t clock;
  struct timespec time;
  if (clock_getcpuclockid(process, &clock) != 0 || clock_gettime(clock, &time) != 0) return -1;
  return (int64_t)time.tv_sec * 1000 + time.tv_nsec / 1000000;
#else
  (void)process;
  return -1;
#endif
}

int CHDF5Probe_wait(CHDF5Probe_child *child, int patience, CHDF5Probe_place *place) {
  int result = CHDF5Probe_sound;
  // Looked at a few times in each patience, so that the child need wake nobody at every object.
  const int looks = 5;
  uint64_t beats = child->place->beats;
  int64_t before = computed(child->process);
  for (int silent = 0, silences = 0; silent < looks;) {
    struct pollfd wait = {child->life, POLLIN, 0};
    int ready = poll(&wait, 1, patience / looks);
    if (ready > 0) break;
    if (ready < 0 && errno == EINTR) continue;
    if (child->place->beats != beats) {
      beats = child->place->beats;
      before = computed(child->process);
      silent = silences = 0;
    } else if (++silent == looks) {
      // On a busy machine a child may be silent because it has hardly run; so long nobody waits.
      int64_t now = computed(child->process);
      int has_hardly_run = before >= 0 && now >= 0 && now - before < patience / 4;
      if (has_hardly_run && ++silences < 12) silent = 0;
    }
  }
  struct pollfd now = {child->life, POLLIN, 0};
  int ready;
  while ((ready = poll(&now, 1, 0)) < 0 && errno == EINTR) {}
  if (ready == 0) {
    kill(child->process, SIGKILL);
    result = CHDF5Probe_hung;
  }
  int status = 0;
  while (waitpid(child->process, &status, 0) < 0 && errno == EINTR) {}
  if (result == CHDF5Probe_sound && WIFSIGNALED(status)) result = CHDF5Probe_crashed;
  *place = *child->place;
  munmap(child->place, sizeof *child->place);
  close(child->life);
  return result;
}
