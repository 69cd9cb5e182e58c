#include "CKernels.h"

#if defined(__x86_64__)
#include <xmmintrin.h>
#endif

void CKernels_prepare_thread(void) {
#if defined(__x86_64__)
  _mm_setcsr(_mm_getcsr() | 0x8040);  // flush to zero, denormals are zero
#endif
}

const char *CKernels_processor_version(void) {
#if defined(__x86_64__)
  // The loader chooses the clones by the same features.
  if (__builtin_cpu_supports("x86-64-v4")) return "x86-64-v4";
  if (__builtin_cpu_supports("x86-64-v3")) return "x86-64-v3";
#endif
  return "default";
}
