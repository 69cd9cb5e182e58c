// Rows scaled and shifted by what a condition says: FiLM (Perez et al. 2018) and the modulations of
// adaptive layer normalisation (Peebles & Xie 2023).
#include <string.h>

#include "CKernels.h"
#include "versions.h"

CLONES void CKernels_modulate_forward(float *output, const float *input, const float *condition,
                                      const CKernels_modulation *sizes, size_t samples) {
  size_t columns = sizes->columns;
  for (size_t i = 0; i < samples; i++, condition += sizes->stride) {
    const float *scale = condition + sizes->scale, *shift = condition + sizes->shift;
    for (size_t r = 0; r < sizes->rows; r++, input += columns, output += columns) {
      if (!sizes->has_scale) {
        for (size_t j = 0; j < columns; j++) output[j] = input[j] + shift[j];
      } else if (!sizes->has_shift) {
        for (size_t j = 0; j < columns; j++) output[j] = input[j] * (sizes->offset + scale[j]);
      } else {
        for (size_t j = 0; j < columns; j++) {
          output[j] = input[j] * (sizes->offset + scale[j]) + shift[j];
        }
      }
    }
  }
}

CLONES void CKernels_modulate_backward(float *restrict input_gradient,
                                       const float *restrict output_gradient,
                                       const float *restrict condition, int accumulate,
                                       const CKernels_modulation *sizes, size_t samples) {
  size_t columns = sizes->columns;
  for (size_t i = 0; i < samples; i++, condition += sizes->stride) {
    const float *scale = condition + sizes->scale;
    for (size_t r = 0; r < sizes->rows; r++) {
      for (size_t j = 0; j < columns; j++) {
        float slope = sizes->has_scale ? sizes->offset + scale[j] : 1.0f;
        float before = accumulate ? input_gradient[j] : 0.0f;
        input_gradient[j] = before + output_gradient[j] * slope;
      }
      input_gradient += columns;
      output_gradient += columns;
    }
  }
}

CLONES void CKernels_modulate_condition(float *restrict condition_gradient,
                                        const float *restrict output_gradient,
                                        const float *restrict input,
                                        const CKernels_modulation *sizes, size_t samples) {
  size_t columns = sizes->columns;
  for (size_t i = 0; i < samples; i++, condition_gradient += sizes->stride) {
    float *restrict scale = condition_gradient + sizes->scale;
    float *restrict shift = condition_gradient + sizes->shift;
    for (size_t r = 0; r < sizes->rows; r++) {
      if (sizes->has_scale) {
        for (size_t j = 0; j < columns; j++) scale[j] += output_gradient[j] * input[j];
      }
      if (sizes->has_shift) {
        for (size_t j = 0; j < columns; j++) shift[j] += output_gradient[j];
      }
      output_gradient += columns;
      input += columns;
    }
  }
}
