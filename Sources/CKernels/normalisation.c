// Layer normalisation: https://docs.pytorch.org/docs/stable/generated/torch.nn.LayerNorm.html
#include <string.h>

#include "CKernels.h"
#include "mathematics.h"

// With scale and without are functions of their own, so that each is compiled as it was alone.
CLONES static void scaled_forward(float *output, float *statistics, const float *input,
                                  const float *scale, const float *shift, float epsilon,
                                  size_t rows, size_t columns) {
#pragma clang fp reassociate(on)
  for (size_t i = 0; i < rows; i++) {
    const float *x = input + i * columns;
    float *y = output + i * columns;
    // First: mean, then the variance about it (one pass over squares would cancel).
    float sum = 0.0f;
    for (size_t j = 0; j < columns; j++) sum += x[j];
    float mean = sum / (float)columns;
    float squares = 0.0f;
    for (size_t j = 0; j < columns; j++) squares += (x[j] - mean) * (x[j] - mean);
    float inverse = 1.0f / __builtin_elementwise_sqrt(squares / (float)columns + epsilon);
    // Second: normalise.
    _Pragma("clang loop vectorize(assume_safety)")
    for (size_t j = 0; j < columns; j++) {
      y[j] = (x[j] - mean) * inverse * scale[j] + shift[j];
    }
    if (statistics != NULL) {
      statistics[2 * i] = mean;
      statistics[2 * i + 1] = inverse;
    }
  }
}

CLONES static void plain_forward(float *output, float *statistics, const float *input,
                                 float epsilon, size_t rows, size_t columns) {
#pragma clang fp reassociate(on)
  for (size_t i = 0; i < rows; i++) {
    const float *x = input + i * columns;
    float *y = output + i * columns;
    float sum = 0.0f;
    for (size_t j = 0; j < columns; j++) sum += x[j];
    float mean = sum / (float)columns;
    float squares = 0.0f;
    for (size_t j = 0; j < columns; j++) squares += (x[j] - mean) * (x[j] - mean);
    float inverse = 1.0f / __builtin_elementwise_sqrt(squares / (float)columns + epsilon);
    _Pragma("clang loop vectorize(assume_safety)")
    for (size_t j = 0; j < columns; j++) y[j] = (x[j] - mean) * inverse;
    if (statistics != NULL) {
      statistics[2 * i] = mean;
      statistics[2 * i + 1] = inverse;
    }
  }
}

void CKernels_layer_norm_forward(float *output, float *statistics, const float *input,
                                 const float *scale, const float *shift, float epsilon,
                                 size_t rows, size_t columns) {
  if (scale != NULL) {
    scaled_forward(output, statistics, input, scale, shift, epsilon, rows, columns);
  } else {
    plain_forward(output, statistics, input, epsilon, rows, columns);
  }
}

CLONES static void scaled_backward(float *input_gradient, const float *output_gradient,
                                   const float *input, const float *statistics,
                                   const float *scale, int accumulate, size_t rows,
                                   size_t columns) {
#pragma clang fp reassociate(on)
  for (size_t i = 0; i < rows; i++) {
    const float *x = input + i * columns;
    const float *dy = output_gradient + i * columns;
    float *dx = input_gradient + i * columns;
    float mean = statistics[2 * i], inverse = statistics[2 * i + 1];
    // First: the two means over the row of the gradient of the normalised value.
    float sum = 0.0f, projection = 0.0f;
    for (size_t j = 0; j < columns; j++) {
      float g = dy[j] * scale[j];
      sum += g;
      projection += g * ((x[j] - mean) * inverse);
    }
    sum /= (float)columns;
    projection /= (float)columns;
    // Second: the gradient itself.
    _Pragma("clang loop vectorize(assume_safety)")
    for (size_t j = 0; j < columns; j++) {
      float normalised = (x[j] - mean) * inverse;
      float value = inverse * (dy[j] * scale[j] - sum - normalised * projection);
      dx[j] = accumulate ? dx[j] + value : value;
    }
  }
}

CLONES static void plain_backward(float *input_gradient, const float *output_gradient,
                                  const float *input, const float *statistics, int accumulate,
                                  size_t rows, size_t columns) {
#pragma clang fp reassociate(on)
  for (size_t i = 0; i < rows; i++) {
    const float *x = input + i * columns;
    const float *dy = output_gradient + i * columns;
    float *dx = input_gradient + i * columns;
    float mean = statistics[2 * i], inverse = statistics[2 * i + 1];
    float sum = 0.0f, projection = 0.0f;
    for (size_t j = 0; j < columns; j++) {
      sum += dy[j];
      projection += dy[j] * ((x[j] - mean) * inverse);
    }
    sum /= (float)columns;
    projection /= (float)columns;
    _Pragma("clang loop vectorize(assume_safety)")
    for (size_t j = 0; j < columns; j++) {
      float normalised = (x[j] - mean) * inverse;
      float value = inverse * (dy[j] - sum - normalised * projection);
      dx[j] = accumulate ? dx[j] + value : value;
    }
  }
}

void CKernels_layer_norm_backward(float *input_gradient, const float *output_gradient,
                                  const float *input, const float *statistics, const float *scale,
                                  int accumulate, size_t rows, size_t columns) {
  if (scale != NULL) {
    scaled_backward(input_gradient, output_gradient, input, statistics, scale, accumulate, rows,
                    columns);
  } else {
    plain_backward(input_gradient, output_gradient, input, statistics, accumulate, rows, columns);
  }
}

CLONES void CKernels_layer_norm_parameters(float *restrict scale_gradient,
                                           float *restrict shift_gradient,
                                           const float *restrict output_gradient,
                                           const float *restrict input,
                                           const float *restrict statistics, int accumulate,
                                           size_t rows, size_t columns, size_t stride) {
  if (!accumulate) {
    memset(scale_gradient, 0, columns * sizeof(float));
    memset(shift_gradient, 0, columns * sizeof(float));
  }
  for (size_t i = 0; i < rows; i++) {
    float mean = statistics[2 * i], inverse = statistics[2 * i + 1];
    for (size_t j = 0; j < columns; j++) {
      float g = output_gradient[i * stride + j];
      scale_gradient[j] += g * ((input[i * stride + j] - mean) * inverse);
      shift_gradient[j] += g;
    }
  }
}

CLONES void CKernels_softmax_forward(float *output, const float *input, size_t rows,
                                     size_t columns) {
#pragma clang fp reassociate(on)
  for (size_t i = 0; i < rows; i++) {
    const float *x = input + i * columns;
    float *y = output + i * columns;
    float largest = x[0];
    for (size_t j = 1; j < columns; j++) largest = maximum(x[j], largest);
    float sum = 0.0f;
    _Pragma("clang loop vectorize(assume_safety)")
    for (size_t j = 0; j < columns; j++) {
      float e = exponential(x[j] - largest);
      y[j] = e;
      sum += e;
    }
    float inverse = 1.0f / sum;
    for (size_t j = 0; j < columns; j++) y[j] *= inverse;
  }
}

CLONES void CKernels_softmax_backward(float *input_gradient, const float *output_gradient,
                                      const float *output, int accumulate, size_t rows,
                                      size_t columns) {
#pragma clang fp reassociate(on)
  for (size_t i = 0; i < rows; i++) {
    const float *y = output + i * columns;
    const float *dy = output_gradient + i * columns;
    float *dx = input_gradient + i * columns;
    float projection = 0.0f;
    for (size_t j = 0; j < columns; j++) projection += y[j] * dy[j];
    _Pragma("clang loop vectorize(assume_safety)")
    for (size_t j = 0; j < columns; j++) {
      float value = y[j] * (dy[j] - projection);
      dx[j] = accumulate ? dx[j] + value : value;
    }
  }
}
