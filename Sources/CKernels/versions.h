// One source, three instruction sets: the loader picks the clone that the processor can run.
#ifndef CKERNELS_VERSIONS_H
#define CKERNELS_VERSIONS_H

#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
// The loader would call its choice before the sanitizer is there.
#define CLONES
#endif
#endif

#if defined(CLONES)
#elif defined(__x86_64__)
#define CLONES __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define CLONES
#endif

#define INLINE static inline __attribute__((always_inline))

#endif
