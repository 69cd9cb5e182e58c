// Normal kernels on [-1, 1] that are reflected at its ends.
#include "CKernels.h"
#include "mathematics.h"

CLONES void CKernels_folded_exponents(float *restrict exponents, const float *restrict points,
                                      const float *restrict place, float deviation, size_t count,
                                      size_t width) {
  float scale = 0.5f / (deviation * deviation);
  for (size_t i = 0; i < count; i++) exponents[i] = 0.0f;
  for (size_t j = 0; j < width; j++) {
    float x = place[j];
    for (size_t i = 0; i < count; i++) {
      float p = points[i * width + j], d = x - p;
      // The images 2 - p, -2 - p and p +- 4, over the kernel about p itself.
      float images = exponential(-4.0f * scale * (1.0f - x) * (1.0f - p)) +
                     exponential(-4.0f * scale * (1.0f + x) * (1.0f + p)) +
                     exponential(-scale * (16.0f - 8.0f * d)) +
                     exponential(-scale * (16.0f + 8.0f * d));
      exponents[i] += logarithm(1.0f + images) - scale * d * d;
    }
  }
}
