// What is left of an image's channels when their positions are summed up: the mean of each, or the
// place where each is largest (Finn et al. 2016, "Deep spatial autoencoders", section IV).
#include <string.h>

#include "CKernels.h"
#include "mathematics.h"

#define LIMIT CKernels_channel_limit

CLONES void CKernels_mean_pool_forward(float *restrict output, const float *restrict input,
                                       size_t images, size_t positions, size_t channels) {
  float share = 1.0f / (float)positions;
  for (size_t i = 0; i < images; i++) {
    float *y = output + i * channels;
    memset(y, 0, channels * sizeof(float));
    for (size_t p = 0; p < positions; p++) {
      const float *x = input + (i * positions + p) * channels;
      for (size_t c = 0; c < channels; c++) y[c] += x[c];
    }
    for (size_t c = 0; c < channels; c++) y[c] *= share;
  }
}

CLONES void CKernels_mean_pool_backward(float *restrict input_gradient,
                                        const float *restrict output_gradient, int accumulate,
                                        size_t images, size_t positions, size_t channels) {
  float share = 1.0f / (float)positions;
  for (size_t i = 0; i < images * positions; i++) {
    const float *dy = output_gradient + i / positions * channels;
    float *dx = input_gradient + i * channels;
    for (size_t c = 0; c < channels; c++) {
      dx[c] = accumulate ? dx[c] + share * dy[c] : share * dy[c];
    }
  }
}

// Where position `index` of `count` lies, from -1 to 1.
INLINE float coordinate(size_t index, size_t count) {
  return count > 1 ? 2.0f * (float)index / (float)(count - 1) - 1.0f : 0.0f;
}

CLONES void CKernels_spatial_softmax_forward(float *restrict output, float *restrict shares,
                                             const float *restrict input, size_t images,
                                             size_t height, size_t width, size_t channels) {
  float largest[LIMIT], sums[LIMIT];
  size_t positions = height * width;
  for (size_t i = 0; i < images; i++) {
    const float *x = input + i * positions * channels;
    float *share = shares + i * positions * channels;
    float *across = output + i * 2 * channels, *down = across + channels;
    memcpy(largest, x, channels * sizeof(float));
    memset(sums, 0, channels * sizeof(float));
    memset(across, 0, 2 * channels * sizeof(float));
    for (size_t p = 1; p < positions; p++) {
      for (size_t c = 0; c < channels; c++) {
        largest[c] = maximum(x[p * channels + c], largest[c]);
      }
    }
    for (size_t p = 0; p < positions; p++) {
      float u = coordinate(p % width, width), v = coordinate(p / width, height);
      for (size_t c = 0; c < channels; c++) {
        float e = exponential(x[p * channels + c] - largest[c]);
        share[p * channels + c] = e;
        sums[c] += e;
        across[c] += u * e;
        down[c] += v * e;
      }
    }
    for (size_t c = 0; c < channels; c++) {
      sums[c] = 1.0f / sums[c];
      across[c] *= sums[c];
      down[c] *= sums[c];
    }
    for (size_t p = 0; p < positions; p++) {
      for (size_t c = 0; c < channels; c++) share[p * channels + c] *= sums[c];
    }
  }
}

CLONES void CKernels_spatial_softmax_backward(float *restrict input_gradient,
                                              const float *restrict output_gradient,
                                              const float *restrict output,
                                              const float *restrict shares, int accumulate,
                                              size_t images, size_t height, size_t width,
                                              size_t channels) {
  size_t positions = height * width;
  for (size_t i = 0; i < images; i++) {
    const float *across = output + i * 2 * channels, *down = across + channels;
    const float *d_across = output_gradient + i * 2 * channels, *d_down = d_across + channels;
    for (size_t p = 0; p < positions; p++) {
      float u = coordinate(p % width, width), v = coordinate(p / width, height);
      const float *share = shares + (i * positions + p) * channels;
      float *dx = input_gradient + (i * positions + p) * channels;
      for (size_t c = 0; c < channels; c++) {
        float value = share[c] * (d_across[c] * (u - across[c]) + d_down[c] * (v - down[c]));
        dx[c] = accumulate ? dx[c] + value : value;
      }
    }
  }
}
