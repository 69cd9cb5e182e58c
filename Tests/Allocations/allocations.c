#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "CAllocations.h"

#include <dlfcn.h>
#include <errno.h>
#include <execinfo.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// One counter is enough: tests that count take turns.
static atomic_int counting;
static _Thread_local int is_watched, is_inside;

static atomic_long allocations, locks;

enum { kept_stacks = 4, kept_frames = 24 };
static void *stacks[kept_stacks][kept_frames];
static int depths[kept_stacks];
static atomic_int kept;

static int counts_now(void) {
  return is_watched && !is_inside && atomic_load_explicit(&counting, memory_order_relaxed);
}

static void note(atomic_long *count, int keeps_stack) {
  if (!counts_now()) return;
  is_inside = 1;
  atomic_fetch_add(count, 1);
  int place = keeps_stack ? atomic_fetch_add(&kept, 1) : kept_stacks;
  if (place < kept_stacks) depths[place] = backtrace(stacks[place], kept_frames);
  is_inside = 0;
}

void CAllocations_watch(void) {
  void *frames[1];
  backtrace(frames, 1);  // Its first call allocates.
  is_watched = 1;
}

void CAllocations_forget(void) { is_watched = 0; }

void CAllocations_start(void) {
  atomic_store(&allocations, 0);
  atomic_store(&locks, 0);
  for (int i = 0; i < kept_stacks; i++) depths[i] = 0;
  atomic_store(&kept, 0);
  atomic_store(&counting, 1);
}

CAllocations_counts CAllocations_stop(void) {
  atomic_store(&counting, 0);
  return (CAllocations_counts){allocations, locks};
}

void CAllocations_describe(char *text, size_t size) {
  size_t used = 0;
  if (size > 0) text[0] = 0;
  for (int i = 0; i < kept_stacks; i++) {
    // The first two frames are of this file.
    for (int frame = 2; frame < depths[i]; frame++) {
      Dl_info info = {0};
      // Functions that are not exported have no name.
      if (!dladdr(stacks[i][frame], &info) || !info.dli_sname) continue;
      int length = snprintf(text + used, size - used, "%s ", info.dli_sname);
      if (length < 0 || used + (size_t)length >= size) return;
      used += (size_t)length;
    }
    if (depths[i] > 0 && used + 2 < size) text[used++] = '\n';
    text[used] = 0;
  }
}

#if defined(__GLIBC__)

extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);
extern void *__libc_memalign(size_t, size_t);
extern void __libc_free(void *);

void *malloc(size_t size) {
  note(&allocations, 1);
  return __libc_malloc(size);
}

void *calloc(size_t count, size_t size) {
  note(&allocations, 1);
  return __libc_calloc(count, size);
}

void *realloc(void *memory, size_t size) {
  note(&allocations, 1);
  return __libc_realloc(memory, size);
}

void *memalign(size_t alignment, size_t size) {
  note(&allocations, 1);
  return __libc_memalign(alignment, size);
}

void *aligned_alloc(size_t alignment, size_t size) {
  note(&allocations, 1);
  return __libc_memalign(alignment, size);
}

int posix_memalign(void **memory, size_t alignment, size_t size) {
  note(&allocations, 1);
  void *result = __libc_memalign(alignment, size);
  if (!result) return ENOMEM;
  *memory = result;
  return 0;
}

void free(void *memory) { __libc_free(memory); }

int pthread_mutex_lock(pthread_mutex_t *mutex) {
  static _Atomic(void *) symbol;
  void *found = atomic_load(&symbol);
  if (!found) {
    found = dlsym(RTLD_NEXT, "pthread_mutex_lock");
    atomic_store(&symbol, found);
  }
  note(&locks, 0);
  return ((int (*)(pthread_mutex_t *))found)(mutex);
}

typedef struct {
  void *(*body)(void *);
  void *argument;
} start;

static void *run_watched(void *argument) {
  start own = *(start *)argument;
  free(argument);
  is_watched = 1;
  return own.body(own.argument);
}

int pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*body)(void *),
                   void *argument) {
  static _Atomic(void *) symbol;
  void *found = atomic_load(&symbol);
  if (!found) {
    found = dlsym(RTLD_NEXT, "pthread_create");
    atomic_store(&symbol, found);
  }
  int (*create)(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *) = found;
  start *own = is_watched ? malloc(sizeof *own) : NULL;
  if (!own) return create(thread, attributes, body, argument);
  *own = (start){body, argument};
  int status = create(thread, attributes, run_watched, own);
  if (status != 0) free(own);
  return status;
}

#endif
