#include <string.h>

#include "CKernels.h"
#include "start.h"
#include "versions.h"

// In these loops an output may be one of the inputs, element for element, which vector code allows.
#define ELEMENTS                                    \
  _Pragma("clang loop vectorize(assume_safety)")    \
  for (size_t i = 0; i < count; i++)

CLONES void CKernels_sum(float *output, const float *a, const float *b, float scale_a,
                         float scale_b, size_t count) {
  ELEMENTS output[i] = scale_a * a[i] + scale_b * b[i];
}

CLONES void CKernels_scale(float *output, const float *a, float scale, int accumulate,
                           size_t count) {
  if (accumulate) {
    ELEMENTS output[i] += scale * a[i];
  } else {
    ELEMENTS output[i] = scale * a[i];
  }
}

CLONES void CKernels_multiply(float *output, const float *a, const float *b, int accumulate,
                              size_t count) {
  if (accumulate) {
    ELEMENTS output[i] += a[i] * b[i];
  } else {
    ELEMENTS output[i] = a[i] * b[i];
  }
}

void CKernels_fill_rows(float *output, const CKernels_start *start, size_t rows, size_t columns) {
  for (size_t i = 0; i < rows; i++) {
    float *row = output + i * columns;
    const float *first = start_row(&start->first, start->row + i);
    const float *second = start_row(&start->second, start->row + i);
    if (first != NULL) {
      memcpy(row, first, columns * sizeof(float));
    } else {
      memset(row, 0, columns * sizeof(float));
    }
    if (second != NULL) CKernels_sum(row, row, second, 1.0f, 1.0f, columns);
  }
}

CLONES void CKernels_group_sums(float *restrict output, const float *restrict input,
                                const int32_t *index, size_t groups, size_t rows, size_t columns,
                                size_t stride) {
  for (size_t t = 0; t < groups; t++) memset(output + t * stride, 0, columns * sizeof(float));
  for (size_t i = 0; i < rows; i++) {
    float *to = output + (size_t)index[i] * stride;
    const float *from = input + i * stride;
    for (size_t j = 0; j < columns; j++) to[j] += from[j];
  }
}

CLONES void CKernels_shift_rows(float *output, const float *input, const float *shift,
                                size_t rows, size_t columns) {
  for (size_t i = 0; i < rows; i++) {
    _Pragma("clang loop vectorize(assume_safety)")
    for (size_t j = 0; j < columns; j++) {
      output[i * columns + j] = input[i * columns + j] + shift[j];
    }
  }
}

CLONES void CKernels_copy_columns(float *restrict output, const float *restrict input,
                                  int accumulate, size_t rows, size_t columns,
                                  size_t output_stride, size_t input_stride) {
  for (size_t i = 0; i < rows; i++) {
    float *to = output + i * output_stride;
    const float *from = input + i * input_stride;
    if (accumulate) {
      for (size_t j = 0; j < columns; j++) to[j] += from[j];
    } else {
      memcpy(to, from, columns * sizeof(float));
    }
  }
}

CLONES void CKernels_column_sums(float *restrict output, const float *restrict input,
                                 int accumulate, size_t rows, size_t columns, size_t stride) {
  if (!accumulate) memset(output, 0, columns * sizeof(float));
  for (size_t i = 0; i < rows; i++) {
    for (size_t j = 0; j < columns; j++) output[j] += input[i * stride + j];
  }
}
