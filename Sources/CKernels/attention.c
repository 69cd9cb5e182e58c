// Scaled dot-product attention of a few tokens a sample (Vaswani et al. 2017, section 3.2).
#include <string.h>

#include "CKernels.h"
#include "mathematics.h"

INLINE float dot(const float *a, const float *b, size_t count) {
#pragma clang fp reassociate(on)
  float sum = 0.0f;
  for (size_t d = 0; d < count; d++) sum += a[d] * b[d];
  return sum;
}

// output = sum over j of coefficients[j] * input[j], or added to it; both lie a step or stride
// apart.
INLINE void combine(float *restrict output, const float *restrict coefficients, size_t step,
                    const float *restrict input, size_t stride, size_t count, size_t width,
                    int accumulate) {
  size_t j = 0;
  if (!accumulate) {
    float a = coefficients[0];
    for (size_t d = 0; d < width; d++) output[d] = a * input[d];
    j = 1;
  }
  for (; j + 2 <= count; j += 2) {
    float a = coefficients[j * step], b = coefficients[(j + 1) * step];
    const float *x = input + j * stride, *y = x + stride;
    for (size_t d = 0; d < width; d++) output[d] += a * x[d] + b * y[d];
  }
  for (; j < count; j++) {
    float a = coefficients[j * step];
    for (size_t d = 0; d < width; d++) output[d] += a * input[j * stride + d];
  }
}

// Turns rows of scores into weights: softmax over each, the exponentials of all rows in one loop.
INLINE void softmax_rows(float *restrict p, size_t rows, size_t columns) {
  for (size_t i = 0; i < rows; i++) {
    float *row = p + i * columns;
    float largest = row[0];
    for (size_t j = 1; j < columns; j++) largest = maximum(row[j], largest);
    for (size_t j = 0; j < columns; j++) row[j] -= largest;
  }
  for (size_t k = 0; k < rows * columns; k++) p[k] = exponential(p[k]);
  for (size_t i = 0; i < rows; i++) {
    float *row = p + i * columns;
    float sum = 0.0f;
    for (size_t j = 0; j < columns; j++) sum += row[j];
    float inverse = 1.0f / sum;
    for (size_t j = 0; j < columns; j++) row[j] *= inverse;
  }
}

// One sample. Queries of a token lie query_stride from those of the next, keys and values
// key_stride; those of a head head_stride from those of the next (0 where heads share them).
INLINE void attend(float *restrict output, float *restrict weights, const float *query,
                   const float *key, const float *value, float scale, size_t queries,
                   size_t tokens, size_t heads, size_t width, size_t query_stride,
                   size_t key_stride, size_t head_stride) {
  for (size_t head = 0; head < heads; head++) {
    for (size_t i = 0; i < queries; i++) {
      const float *q = query + i * query_stride + head * width;
      const float *k = key + head * head_stride;
      float *p = weights + (head * queries + i) * tokens;
      for (size_t j = 0; j < tokens; j++) p[j] = scale * dot(q, k + j * key_stride, width);
    }
  }
  softmax_rows(weights, heads * queries, tokens);
  for (size_t i = 0; i < queries; i++) {
    for (size_t head = 0; head < heads; head++) {
      const float *p = weights + (head * queries + i) * tokens;
      combine(output + (i * heads + head) * width, p, 1, value + head * head_stride, key_stride,
              tokens, width, 0);
    }
  }
}

CLONES void CKernels_attention_forward(float *restrict output, float *restrict weights,
                                       const float *restrict input, size_t samples,
                                       const CKernels_attention *sizes) {
  size_t tokens = sizes->tokens, heads = sizes->heads, width = heads * sizes->head_width;
  float scale = 1.0f / __builtin_elementwise_sqrt((float)sizes->head_width);
  for (size_t sample = 0; sample < samples; sample++) {
    const float *x = input + sample * tokens * 3 * width;
    attend(output + sample * sizes->queries * width,
           weights + sample * heads * sizes->queries * tokens,
           x + sizes->first_query * 3 * width, x + width, x + 2 * width, scale, sizes->queries,
           tokens, heads, sizes->head_width, 3 * width, 3 * width, sizes->head_width);
  }
}

CLONES void CKernels_shared_attention(float *restrict output, float *restrict weights,
                                      const float *restrict queries,
                                      const float *restrict tokens, size_t samples,
                                      const CKernels_attention *sizes) {
  size_t width = sizes->head_width, all = sizes->heads * width;
  for (size_t sample = 0; sample < samples; sample++) {
    const float *x = tokens + sample * sizes->tokens * width;
    attend(output + sample * sizes->queries * all,
           weights + sample * sizes->heads * sizes->queries * sizes->tokens,
           queries + (sample * sizes->tokens + sizes->first_query) * all, x, x, 1.0f,
           sizes->queries, sizes->tokens, sizes->heads, width, all, width, 0);
  }
}

CLONES void CKernels_attention_backward(float *restrict input_gradient, float *restrict weights,
                                        const float *restrict output_gradient,
                                        const float *restrict output,
                                        const float *restrict input, int accumulate,
                                        size_t samples, const CKernels_attention *sizes) {
  size_t tokens = sizes->tokens, queries = sizes->queries, head_width = sizes->head_width;
  size_t width = sizes->heads * head_width, row = 3 * width;
  float scale = 1.0f / __builtin_elementwise_sqrt((float)head_width);
  for (size_t sample = 0; sample < samples; sample++) {
    float *dx = input_gradient + sample * tokens * row;
    for (size_t i = 0; i < tokens && !accumulate && queries < tokens; i++) {
      memset(dx + i * row, 0, width * sizeof(float));
    }
    for (size_t head = 0; head < sizes->heads; head++) {
      size_t start = head * head_width;
      const float *key = input + sample * tokens * row + start + width, *value = key + width;
      const float *query = key - width + sizes->first_query * row;
      const float *dy = output_gradient + sample * queries * width + start;
      const float *y = output + sample * queries * width + start;
      float *p = weights + (sample * sizes->heads + head) * queries * tokens;
      for (size_t j = 0; j < tokens; j++) {
        combine(dx + j * row + 2 * width + start, p + j, tokens, dy, width, queries, head_width,
                accumulate);
      }
      // The scores' gradient, in place of the weights. Of the weights' gradients dy . value the
      // mean is dy . y.
      for (size_t i = 0; i < queries; i++) {
        float mean = dot(dy + i * width, y + i * width, head_width);
        for (size_t j = 0; j < tokens; j++) {
          float g = dot(dy + i * width, value + j * row, head_width);
          p[i * tokens + j] *= scale * (g - mean);
        }
        combine(dx + (sizes->first_query + i) * row + start, p + i * tokens, 1, key, row, tokens,
                head_width, accumulate);
      }
      for (size_t j = 0; j < tokens; j++) {
        combine(dx + j * row + width + start, p + j, tokens, query, row, queries, head_width,
                accumulate);
      }
    }
  }
}
