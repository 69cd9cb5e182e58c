// Counts what a thread, and the threads that it starts, ask of the allocator and of mutexes.
//
// The functions malloc, calloc, realloc, aligned_alloc, posix_memalign, memalign,
// pthread_mutex_lock and pthread_create are defined in this target, so that everything in the test
// executable and the libraries that it loads calls them; they count and pass on to the C library.
#ifndef CALLOCATIONS_H
#define CALLOCATIONS_H

#include <stddef.h>

// What was counted: calls that give memory, and locks of mutexes.
typedef struct {
  long allocations, locks;
} CAllocations_counts;

// The calling thread, and all threads that it starts until CAllocations_forget, are watched from
// now on; nothing is counted yet.
void CAllocations_watch(void);

// Counts from 0.
void CAllocations_start(void);

// Stops counting and returns what was counted.
CAllocations_counts CAllocations_stop(void);

// The calling thread is no longer watched.
void CAllocations_forget(void);

// Who made the first allocations that were counted last: a line each, the innermost function first,
// into `text` of `size` bytes.
void CAllocations_describe(char *text, size_t size);

#endif
