#include "CKernels.h"
#include "versions.h"

CLONES void CKernels_squared_error_forward(float *restrict loss, const float *restrict prediction,
                                           const float *restrict target,
                                           const float *restrict weight, size_t rows,
                                           size_t columns) {
#pragma clang fp reassociate(on)
  for (size_t i = 0; i < rows; i++) {
    float sum = 0.0f;
    for (size_t j = 0; j < columns; j++) {
      float difference = prediction[i * columns + j] - target[i * columns + j];
      sum += difference * difference;
    }
    loss[i] = (weight != NULL ? weight[i] : 1.0f) * (sum / (float)columns);
  }
}

CLONES void CKernels_squared_error_backward(
    float *restrict prediction_gradient, const float *restrict loss_gradient,
    const float *restrict prediction, const float *restrict target, const float *restrict weight,
    int accumulate, size_t rows, size_t columns) {
  for (size_t i = 0; i < rows; i++) {
    float factor = 2.0f / (float)columns * loss_gradient[i] * (weight != NULL ? weight[i] : 1.0f);
    for (size_t j = 0; j < columns; j++) {
      float value = factor * (prediction[i * columns + j] - target[i * columns + j]);
      float *gradient = prediction_gradient + i * columns + j;
      *gradient = accumulate ? *gradient + value : value;
    }
  }
}
