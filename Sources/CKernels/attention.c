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

INLINE void add_scaled(float *restrict output, const float *restrict input, float scale,
                       size_t count) {
  for (size_t d = 0; d < count; d++) output[d] += scale * input[d];
}

CLONES void CKernels_attention_forward(float *restrict output, float *restrict weights,
                                       const float *restrict input, size_t samples,
                                       size_t tokens, size_t heads, size_t head_width) {
  size_t width = heads * head_width;
  float scale = 1.0f / __builtin_elementwise_sqrt((float)head_width);
  for (size_t sample = 0; sample < samples; sample++) {
    const float *x = input + sample * tokens * 3 * width;
    float *y = output + sample * tokens * width;
    memset(y, 0, tokens * width * sizeof(float));
    for (size_t head = 0; head < heads; head++) {
      const float *query = x + head * head_width;
      const float *key = query + width, *value = key + width;
      float *p = weights + (sample * heads + head) * tokens * tokens;
      for (size_t i = 0; i < tokens; i++) {
        float largest = -__builtin_inff();
        for (size_t j = 0; j < tokens; j++) {
          p[j] = scale * dot(query + i * 3 * width, key + j * 3 * width, head_width);
          largest = maximum(p[j], largest);
        }
        float sum = 0.0f;
        for (size_t j = 0; j < tokens; j++) {
          p[j] = exponential(p[j] - largest);
          sum += p[j];
        }
        for (size_t j = 0; j < tokens; j++) {
          p[j] /= sum;
          add_scaled(y + i * width + head * head_width, value + j * 3 * width, p[j], head_width);
        }
        p += tokens;
      }
    }
  }
}

CLONES void CKernels_attention_backward(float *restrict input_gradient,
                                        const float *restrict output_gradient,
                                        const float *restrict weights,
                                        const float *restrict input, int accumulate,
                                        size_t samples, size_t tokens, size_t heads,
                                        size_t head_width) {
  size_t width = heads * head_width;
  float scale = 1.0f / __builtin_elementwise_sqrt((float)head_width);
  if (!accumulate) memset(input_gradient, 0, samples * tokens * 3 * width * sizeof(float));
  for (size_t sample = 0; sample < samples; sample++) {
    for (size_t head = 0; head < heads; head++) {
      size_t start = sample * tokens * 3 * width + head * head_width;
      const float *query = input + start, *key = query + width, *value = key + width;
      float *dquery = input_gradient + start, *dkey = dquery + width, *dvalue = dkey + width;
      const float *dy = output_gradient + sample * tokens * width + head * head_width;
      const float *p = weights + (sample * heads + head) * tokens * tokens;
      for (size_t i = 0; i < tokens; i++) {
        const float *dyi = dy + i * width;
        // The softmax's gradient needs the mean of the weights' own first.
        float mean = 0.0f;
        for (size_t j = 0; j < tokens; j++) {
          mean += p[j] * dot(dyi, value + j * 3 * width, head_width);
        }
        for (size_t j = 0; j < tokens; j++) {
          size_t row = j * 3 * width;
          float ds = scale * p[j] * (dot(dyi, value + row, head_width) - mean);
          add_scaled(dvalue + row, dyi, p[j], head_width);
          add_scaled(dquery + i * 3 * width, key + row, ds, head_width);
          add_scaled(dkey + row, query + i * 3 * width, ds, head_width);
        }
        p += tokens;
      }
    }
  }
}
