// A file driver of the HDF5 library under which no write fails: the first failure is kept for who
// asks, and what could not be written stays in memory. It also makes files in memory alone.
//
// HDF5 1.10 does not survive a write that fails: it goes on with what it had half put away, and
// crashes. Here it never learns of it; its caller asks after each piece of work, and gives up.
#pragma once

#include <hdf5.h>

#ifdef __cplusplus
extern "C" {
#endif

/// Where a file is written.
typedef struct {
  /// The number of the system's first error in a write, or 0.
  int failure;
  /// Whether the file is `bytes`, and its name none of the system's.
  int in_memory;
  /// The file's bytes, from malloc, and whoever made this frees them; NULL for none.
  unsigned char *bytes;
  /// How many bytes the file has.
  size_t size;
  /// How many there is room for.
  size_t capacity;
} CHDF5Writer_target;

/// Makes files that are opened by `access` use the driver.
///
/// target: must live until the file is closed. Returns a negative number where the library refuses.
herr_t CHDF5Writer_set(hid_t access, CHDF5Writer_target *target);

#ifdef __cplusplus
}
#endif
