#include "CKernels.h"
#include "mathematics.h"

CLONES void CKernels_contrast_forward(float *restrict loss, float *restrict probabilities,
                                      const float *restrict energy, size_t groups, size_t group) {
#pragma clang fp reassociate(on)
  for (size_t i = 0; i < groups; i++) {
    const float *e = energy + i * group;
    float *p = probabilities + i * group;
    float least = e[0];
    for (size_t j = 1; j < group; j++) least = minimum(e[j], least);
    float sum = 0.0f;
    for (size_t j = 0; j < group; j++) {
      p[j] = exponential(least - e[j]);
      sum += p[j];
    }
    float value = e[0] - least + logarithm(sum);
    for (size_t j = 0; j < group; j++) {
      p[j] /= sum;
      loss[i * group + j] = value;
    }
  }
}

CLONES void CKernels_contrast_backward(float *restrict energy_gradient,
                                       const float *restrict loss_gradient,
                                       const float *restrict probabilities, int accumulate,
                                       size_t groups, size_t group) {
#pragma clang fp reassociate(on)
  for (size_t i = 0; i < groups; i++) {
    const float *p = probabilities + i * group;
    float *de = energy_gradient + i * group;
    float sum = 0.0f;
    for (size_t j = 0; j < group; j++) sum += loss_gradient[i * group + j];
    for (size_t j = 0; j < group; j++) {
      float value = sum * ((j == 0 ? 1.0f : 0.0f) - p[j]);
      de[j] = accumulate ? de[j] + value : value;
    }
  }
}
