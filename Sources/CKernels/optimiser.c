// AdamW: https://docs.pytorch.org/docs/stable/generated/torch.optim.AdamW.html
#include "CKernels.h"
#include "versions.h"

CLONES void CKernels_adamw(float *restrict parameters, float *restrict moment1,
                           float *restrict moment2, float *restrict average,
                           const float *restrict gradients, const CKernels_adamw_options *options,
                           size_t count) {
  const CKernels_adamw_options o = *options;
  const float kept = 1.0f - o.learning_rate * o.weight_decay;
  const float step = o.learning_rate / o.correction1;
  const float root = 1.0f / __builtin_elementwise_sqrt(o.correction2);
  for (size_t i = 0; i < count; i++) {
    float g = gradients[i] * o.gradient_scale;
    float m = o.beta1 * moment1[i] + (1.0f - o.beta1) * g;
    float v = o.beta2 * moment2[i] + (1.0f - o.beta2) * g * g;
    moment1[i] = m;
    moment2[i] = v;
    parameters[i] =
        kept * parameters[i] - step * m / (__builtin_elementwise_sqrt(v) * root + o.epsilon);
  }
  if (average != NULL) {
    for (size_t i = 0; i < count; i++) {
      average[i] += (1.0f - o.average_decay) * (parameters[i] - average[i]);
    }
  }
}

CLONES double CKernels_sum_of_squares(const float *restrict values, size_t count) {
#pragma clang fp reassociate(on)
  double sum = 0.0;
  for (size_t i = 0; i < count; i++) sum += (double)values[i] * (double)values[i];
  return sum;
}

const void *CKernels_adamw_code(void) { return (const void *)CKernels_adamw; }
