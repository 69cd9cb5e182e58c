#include "CHDF5Writer.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#if H5_VERSION_GE(1, 13, 0)
#include <H5FDdevelop.h>
#endif

// Bytes that could not be written, in the order in which they should have been.
typedef struct kept {
  struct kept *next;
  haddr_t address;
  size_t size;
  unsigned char bytes[];
} kept;

typedef struct {
  H5FD_t base;  // the library's own part; first
  int file;  // negative for one in memory
  haddr_t allocated;  // how far the library has given out addresses
  haddr_t end;        // how far it has written
  CHDF5Writer_target *target;
  kept *first, **last;
  dev_t device;
  ino_t node;
} writer;

// What an access list says to the driver.
typedef struct {
  CHDF5Writer_target *target;
} settings;

static void failed(writer *w) {
  if (w->target->failure == 0) w->target->failure = errno ? errno : EIO;
}

static void complain(hid_t minor, const char *what) {
  int error = errno;
  H5Epush2(
      H5E_DEFAULT, __FILE__, __func__, __LINE__, H5E_ERR_CLS, H5E_IO, minor,
      "%s: error message = '%s'", what, strerror(error));
}

static int open_named(const char *name, unsigned flags) {
  int mode = flags & H5F_ACC_RDWR ? O_RDWR : O_RDONLY;
  if (flags & H5F_ACC_TRUNC) mode |= O_TRUNC;
  if (flags & H5F_ACC_CREAT) mode |= O_CREAT;
  if (flags & H5F_ACC_EXCL) mode |= O_EXCL;
  return open(name, mode | O_CLOEXEC, 0644);
}

static H5FD_t *open_file(const char *name, unsigned flags, hid_t access, haddr_t most) {
  (void)most;
  const settings *told = (const settings *)H5Pget_driver_info(access);
  if (told == NULL) return NULL;
  CHDF5Writer_target *target = told->target;
  int file = target->in_memory ? -1 : open_named(name, flags);
  struct stat status = {0};
  if (target->in_memory) {
    if (flags & H5F_ACC_TRUNC) target->size = 0;
    status.st_size = (off_t)target->size;
    status.st_ino = (ino_t)(uintptr_t)target;
  } else if (file < 0 || fstat(file, &status) != 0) {
    complain(H5E_CANTOPENFILE, "unable to open file");
    if (file >= 0) close(file);
    return NULL;
  }
  writer *w = (writer *)calloc(1, sizeof *w);
  if (w == NULL) {
    if (file >= 0) close(file);
    return NULL;
  }
  w->file = file;
  w->end = (haddr_t)status.st_size;
  w->target = target;
  w->last = &w->first;
  w->device = status.st_dev;
  w->node = status.st_ino;
  return &w->base;
}

static herr_t close_file(H5FD_t *base) {
  writer *w = (writer *)base;
  if (w->file >= 0 && close(w->file) != 0) failed(w);
  while (w->first) {
    kept *next = w->first->next;
    free(w->first);
    w->first = next;
  }
  free(w);
  return 0;
}

static int compare(const H5FD_t *a, const H5FD_t *b) {
  const writer *x = (const writer *)a, *y = (const writer *)b;
  if (x->device != y->device) return x->device < y->device ? -1 : 1;
  return x->node < y->node ? -1 : x->node > y->node;
}

static herr_t query(const H5FD_t *base, unsigned long *features) {
  (void)base;
  // As the library's own driver of one file has it, but for simultaneous readers.
  *features = H5FD_FEAT_AGGREGATE_METADATA | H5FD_FEAT_ACCUMULATE_METADATA | H5FD_FEAT_DATA_SIEVE
      | H5FD_FEAT_AGGREGATE_SMALLDATA | H5FD_FEAT_DEFAULT_VFD_COMPATIBLE;
  return 0;
}

static haddr_t get_allocated(const H5FD_t *base, H5FD_mem_t type) {
  (void)type;
  return ((const writer *)base)->allocated;
}

static herr_t set_allocated(H5FD_t *base, H5FD_mem_t type, haddr_t address) {
  (void)type;
  ((writer *)base)->allocated = address;
  return 0;
}

static haddr_t get_end(const H5FD_t *base, H5FD_mem_t type) {
  (void)type;
  return ((const writer *)base)->end;
}

// Lays what was kept over what was read.
static void lay(const kept *k, haddr_t address, size_t size, unsigned char *buffer) {
  haddr_t from = k->address > address ? k->address : address;
  haddr_t to = k->address + k->size < address + size ? k->address + k->size : address + size;
  if (from < to) memcpy(buffer + (from - address), k->bytes + (from - k->address), to - from);
}

// Reads up to `size` bytes; returns how many there were, or a negative number.
static ssize_t read_some(const writer *w, haddr_t address, size_t size, void *buffer) {
  if (w->file >= 0) return pread(w->file, buffer, size, (off_t)address);
  size_t there = address < w->target->size ? w->target->size - (size_t)address : 0;
  if (there < size) size = there;
  if (size) memcpy(buffer, w->target->bytes + address, size);
  return (ssize_t)size;
}

static herr_t read_bytes(
    H5FD_t *base, H5FD_mem_t type, hid_t transfer, haddr_t address, size_t size, void *buffer) {
  (void)type, (void)transfer;
  const writer *w = (const writer *)base;
  size_t done = 0;
  while (done < size) {
    ssize_t count = read_some(w, address + done, size - done, (char *)buffer + done);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) {
      complain(H5E_READERROR, "file read failed");
      return -1;
    }
    // What lies past the end is not there yet.
    if (count == 0) break;
    done += (size_t)count;
  }
  memset((char *)buffer + done, 0, size - done);
  for (const kept *k = w->first; k; k = k->next) lay(k, address, size, (unsigned char *)buffer);
  return 0;
}

// After a failure nothing is written any more; everything is kept for the library to read again.
static void keep(writer *w, haddr_t address, size_t size, const void *buffer) {
  kept *k = (kept *)malloc(sizeof *k + size);
  // Then it reads other bytes, which only matters to a file that is given up.
  if (k == NULL) return;
  k->next = NULL;
  k->address = address;
  k->size = size;
  memcpy(k->bytes, buffer, size);
  *w->last = k;
  w->last = &k->next;
}

// Makes a file in memory so long; what is new is zero. Returns a negative number without memory.
static int resize(CHDF5Writer_target *target, size_t size) {
  if (size > target->capacity) {
    size_t capacity = size + size / 2 + 4096;
    unsigned char *bytes = (unsigned char *)realloc(target->bytes, capacity);
    if (bytes == NULL) return -1;
    target->bytes = bytes;
    target->capacity = capacity;
  }
  if (size > target->size) memset(target->bytes + target->size, 0, size - target->size);
  target->size = size;
  return 0;
}

// Writes up to `size` bytes; returns how many, or a negative number.
static ssize_t write_some(writer *w, haddr_t address, size_t size, const void *buffer) {
  if (w->file >= 0) return pwrite(w->file, buffer, size, (off_t)address);
  size_t end = (size_t)address + size;
  if (end > w->target->size && resize(w->target, end) != 0) return -1;
  memcpy(w->target->bytes + address, buffer, size);
  return (ssize_t)size;
}

static herr_t write_bytes(
    H5FD_t *base, H5FD_mem_t type, hid_t transfer, haddr_t address, size_t size,
    const void *buffer) {
  (void)type, (void)transfer;
  writer *w = (writer *)base;
  size_t done = 0;
  while (done < size && w->target->failure == 0) {
    errno = 0;
    ssize_t count = write_some(w, address + done, size - done, (const char *)buffer + done);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) failed(w);
    if (count > 0) done += (size_t)count;
  }
  if (done < size) keep(w, address, size, buffer);
  if (address + size > w->end) w->end = address + size;
  return 0;
}

static herr_t truncate_file(H5FD_t *base, hid_t transfer, hbool_t closing) {
  (void)transfer, (void)closing;
  writer *w = (writer *)base;
  if (w->allocated == w->end) return 0;
  errno = 0;
  int status = w->target->failure ? 0
      : w->file >= 0              ? ftruncate(w->file, (off_t)w->allocated)
                                  : resize(w->target, (size_t)w->allocated);
  if (status != 0) failed(w);
  w->end = w->allocated;
  return 0;
}

static const H5FD_class_t driver = {
#if H5_VERSION_GE(1, 13, 0)
    .version = H5FD_CLASS_VERSION,
    .value = (H5FD_class_value_t)600,  // of those that anybody may take
#endif
    .name = "keeping",
    .maxaddr = ((haddr_t)1 << 62) - 1,
    .fc_degree = H5F_CLOSE_WEAK,
    .fapl_size = sizeof(settings),
    .open = open_file,
    .close = close_file,
    .cmp = compare,
    .query = query,
    .get_eoa = get_allocated,
    .set_eoa = set_allocated,
    .get_eof = get_end,
    .read = read_bytes,
    .write = write_bytes,
    .truncate = truncate_file,
    .fl_map = H5FD_FLMAP_DICHOTOMY,
};

herr_t CHDF5Writer_set(hid_t access, CHDF5Writer_target *target) {
  static hid_t known = -1;
  if (known < 0) known = H5FDregister(&driver);
  settings told = {target};
  return known < 0 ? -1 : H5Pset_driver(access, known, &told);
}
