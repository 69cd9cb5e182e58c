// What latent variables need: divergences of normal distributions, and codes.
#include "CKernels.h"
#include "mathematics.h"

CLONES void CKernels_divergence(float *restrict loss, float *restrict slope,
                                const float *restrict prediction, float free, int has_other,
                                size_t samples, size_t columns) {
  size_t width = (has_other ? 4 : 2) * columns;
  for (size_t i = 0; i < samples; i++) {
    const float *mean = prediction + i * width, *spread = mean + columns;
    float total = 0.0f;
    for (size_t j = 0; j < columns; j++) {
      float other = has_other ? spread[2 * columns + j] : 0.0f;
      float difference = mean[j] - (has_other ? spread[columns + j] : 0.0f);
      float inverse = exponential(-other), ratio = exponential(spread[j] - other);
      float scaled = difference * inverse;
      float nats = 0.5f * (other - spread[j] + ratio + difference * scaled - 1.0f);
      total += nats > free ? nats : free;
      if (slope == NULL) continue;
      float counts = nats > free ? 1.0f : 0.0f;
      float *d = slope + i * width;
      d[j] = counts * scaled;
      d[columns + j] = counts * 0.5f * (ratio - 1.0f);
      if (!has_other) continue;
      d[2 * columns + j] = -counts * scaled;
      d[3 * columns + j] = counts * 0.5f * (1.0f - ratio - difference * scaled);
    }
    loss[i] = total;
  }
}

CLONES void CKernels_quantise(float *restrict output, float *restrict codes,
                              const float *restrict input, const float *restrict codebooks,
                              size_t rows, size_t levels, size_t count, size_t width) {
  for (size_t i = 0; i < rows; i++) {
    const float *x = input + i * width;
    float *y = output + i * width;
    for (size_t j = 0; j < width; j++) y[j] = 0.0f;
    for (size_t level = 0; level < levels; level++) {
      const float *book = codebooks + level * count * width;
      size_t nearest = 0;
      float least = __builtin_inff();
      for (size_t k = 0; k < count; k++) {
        float distance = 0.0f;
        for (size_t j = 0; j < width; j++) {
          float difference = x[j] - y[j] - book[k * width + j];
          distance += difference * difference;
        }
        if (distance < least) {
          least = distance;
          nearest = k;
        }
      }
      for (size_t j = 0; j < width; j++) y[j] += book[nearest * width + j];
      if (codes != NULL) codes[i * levels + level] = (float)nearest;
    }
  }
}
