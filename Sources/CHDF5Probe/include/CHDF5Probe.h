// Reads a file of others in a child process first, which may crash or hang in our place.
//
// HDF5 1.10 trusts much of what a file says about itself: a single wrong byte can make it write
// where it must not, or go round in circles. The child walks over all objects as a reader would;
// it calls nothing but this library and the system, since other threads are gone after a fork.
#pragma once

#include <stdint.h>
#include <sys/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/// What a child was doing last; in memory that parent and child share.
typedef struct {
  /// The object's path inside the file, such as `/data/demo_3/actions`; cut where it is longer.
  char object[1024];
  /// The attribute that was read, or empty.
  char attribute[256];
  /// How many objects and attributes it has begun to read.
  volatile uint64_t beats;
} CHDF5Probe_place;

/// A child at work.
typedef struct {
  pid_t process;
  /// The end of a pipe whose other end the child holds as long as it lives.
  int life;
  CHDF5Probe_place *place;
} CHDF5Probe_child;

/// How a child ended.
enum {
  CHDF5Probe_sound = 0,
  CHDF5Probe_crashed = 1,
  CHDF5Probe_hung = 2,
};

/// Starts a child that reads a file; no other thread may be inside the HDF5 library meanwhile.
///
/// skipped: paths of objects, each ended by NUL, that it passes by; an empty one ends the list.
/// Returns 0, or the number of the system's error.
int CHDF5Probe_start(CHDF5Probe_child *child, const char *path, const char *skipped);

/// Waits for a child's end; one that reads no further object for `patience` milliseconds, in which
/// it has computed, is killed.
///
/// place: where it was. Returns how it ended.
int CHDF5Probe_wait(CHDF5Probe_child *child, int patience, CHDF5Probe_place *place);

#ifdef __cplusplus
}
#endif
