// A pool whose workers meet at spinning barriers: a training step has a handful of parallel phases
// of some 100 microseconds, which waking threads through the kernel would dominate. Idle workers
// sleep after a while, so that a program that waits burns no core.
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "CKernels.h"

enum { queue_count = 16, spins_before_sleep = 20000 };

struct CKernels_pool {
  size_t threads;
  void (*body)(void *, size_t);
  void *context;
  _Alignas(64) atomic_size_t generation;  // raised once a run
  _Alignas(64) atomic_size_t arrived;     // of the barrier
  _Alignas(64) atomic_size_t phase;       // of the barrier, raised when all have arrived
  _Alignas(64) atomic_size_t sleepers;
  atomic_int stopping;
  struct {
    _Alignas(64) atomic_size_t next;
  } queues[queue_count];
  pthread_mutex_t mutex;
  pthread_cond_t wake;
  pthread_t *workers;
};

typedef struct {
  CKernels_pool *pool;
  size_t worker;
} assignment;

static void pause_briefly(size_t spin) {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#endif
  // With more workers than cores, the one that is waited for needs this core.
  if (spin % 4096 == 4095) sched_yield();
}

void CKernels_pool_barrier(CKernels_pool *pool) {
  size_t phase = atomic_load_explicit(&pool->phase, memory_order_acquire);
  if (atomic_fetch_add_explicit(&pool->arrived, 1, memory_order_acq_rel) + 1 == pool->threads) {
    atomic_store_explicit(&pool->arrived, 0, memory_order_relaxed);
    atomic_fetch_add_explicit(&pool->phase, 1, memory_order_release);
    return;
  }
  for (size_t spin = 0; atomic_load_explicit(&pool->phase, memory_order_acquire) == phase; spin++) {
    pause_briefly(spin);
  }
}

size_t CKernels_pool_next(CKernels_pool *pool, size_t queue) {
  return atomic_fetch_add_explicit(&pool->queues[queue].next, 1, memory_order_relaxed);
}

static void wait_for_run(CKernels_pool *pool, size_t seen) {
  for (size_t spin = 0; spin < spins_before_sleep; spin++) {
    if (atomic_load_explicit(&pool->generation, memory_order_acquire) != seen) return;
    pause_briefly(spin);
  }
  pthread_mutex_lock(&pool->mutex);
  atomic_fetch_add(&pool->sleepers, 1);
  while (atomic_load(&pool->generation) == seen) pthread_cond_wait(&pool->wake, &pool->mutex);
  atomic_fetch_sub(&pool->sleepers, 1);
  pthread_mutex_unlock(&pool->mutex);
}

static void *work(void *argument) {
  assignment own = *(assignment *)argument;
  free(argument);
  sigset_t all;  // signals are for the program's own threads
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, NULL);
  CKernels_prepare_thread();
  for (size_t seen = 0;; seen++) {
    wait_for_run(own.pool, seen);
    if (atomic_load(&own.pool->stopping)) return NULL;
    own.pool->body(own.pool->context, own.worker);
    CKernels_pool_barrier(own.pool);
  }
}

static void start_generation(CKernels_pool *pool) {
  atomic_fetch_add(&pool->generation, 1);
  // A worker counts itself as a sleeper before it looks at the generation for the last time, so
  // that one of the two always sees the other.
  if (atomic_load(&pool->sleepers) > 0) {
    pthread_mutex_lock(&pool->mutex);
    pthread_cond_broadcast(&pool->wake);
    pthread_mutex_unlock(&pool->mutex);
  }
}

CKernels_pool *CKernels_pool_create(size_t threads) {
  CKernels_pool *pool = aligned_alloc(64, (sizeof(CKernels_pool) + 63) / 64 * 64);
  if (!pool) return NULL;
  *pool = (CKernels_pool){.threads = 1};
  pthread_mutex_init(&pool->mutex, NULL);
  pthread_cond_init(&pool->wake, NULL);
  pool->workers = calloc(threads > 1 ? threads - 1 : 1, sizeof(pthread_t));
  for (size_t i = 1; pool->workers && i < threads; i++) {
    assignment *own = malloc(sizeof *own);
    if (!own) break;
    *own = (assignment){pool, i};
    if (pthread_create(&pool->workers[i - 1], NULL, work, own) != 0) {
      free(own);
      break;
    }
    pool->threads++;
  }
  if (pool->threads == threads) return pool;
  CKernels_pool_destroy(pool);
  return NULL;
}

void CKernels_pool_destroy(CKernels_pool *pool) {
  atomic_store(&pool->stopping, 1);
  start_generation(pool);
  for (size_t i = 1; i < pool->threads; i++) pthread_join(pool->workers[i - 1], NULL);
  pthread_cond_destroy(&pool->wake);
  pthread_mutex_destroy(&pool->mutex);
  free(pool->workers);
  free(pool);
}

void CKernels_pool_run(CKernels_pool *pool, void (*body)(void *, size_t), void *context) {
  for (int i = 0; i < queue_count; i++) {
    atomic_store_explicit(&pool->queues[i].next, 0, memory_order_relaxed);
  }
  pool->body = body;
  pool->context = context;
  start_generation(pool);
  body(context, 0);
  CKernels_pool_barrier(pool);
}
