// Losses of heads that predict distributions. Each computes loss and gradient in one pass, as they
// share their exponentials; the backward pass only scales.
#include "CKernels.h"
#include "mathematics.h"

CLONES void CKernels_cross_entropy(float *restrict loss, float *restrict slope,
                                   const float *restrict logits, const float *restrict classes,
                                   size_t samples, size_t rows, size_t columns) {
#pragma clang fp reassociate(on)
  float share = 1.0f / (float)rows;
  for (size_t i = 0; i < samples; i++) {
    float total = 0.0f;
    for (size_t r = i * rows; r < (i + 1) * rows; r++) {
      const float *x = logits + r * columns;
      float largest = x[0];
      for (size_t j = 1; j < columns; j++) largest = maximum(x[j], largest);
      float *dx = slope != NULL ? slope + r * columns : NULL;
      float sum = 0.0f;
      if (dx == NULL) {
        for (size_t j = 0; j < columns; j++) sum += exponential(x[j] - largest);
      } else {
        for (size_t j = 0; j < columns; j++) {
          float e = exponential(x[j] - largest);
          dx[j] = e;
          sum += e;
        }
      }
      // A class out of range has no probability: the loss is NaN, and nothing is read.
      int is_class = classes[r] >= 0.0f && classes[r] < (float)columns;
      size_t class = is_class ? (size_t)classes[r] : 0;
      total += is_class ? logarithm(sum) - (x[class] - largest) : __builtin_nanf("");
      if (dx == NULL) continue;
      float factor = share / sum;
      for (size_t j = 0; j < columns; j++) dx[j] *= factor;
      dx[class] -= share;
    }
    loss[i] = share * total;
  }
}

// ln(1 + e^z) and its derivative, the logistic function.
INLINE float softplus(float z, float *derivative) {
  float e = exponential(z < 0.0f ? z : -z);
  float inverse = 1.0f / (1.0f + e);
  *derivative = z < 0.0f ? e * inverse : inverse;
  return maximum(z, 0.0f) + logarithm(1.0f + e);
}

// raw as a log variance between two bounds, and its derivative.
INLINE float bounded(float raw, float low, float high, float *derivative) {
  float upper, lower;
  float below = high - softplus(high - raw, &upper);
  float both = low + softplus(below - low, &lower);
  *derivative = upper * lower;
  return both;
}

CLONES void CKernels_gaussian_likelihood(float *restrict loss, float *restrict slope,
                                         const float *restrict prediction,
                                         const float *restrict target, float low, float high,
                                         size_t samples, size_t columns) {
#pragma clang fp reassociate(on)
  float share = 1.0f / (float)columns;
  for (size_t i = 0; i < samples; i++) {
    const float *mean = prediction + 2 * i * columns, *raw = mean + columns;
    const float *t = target + i * columns;
    float total = 0.0f;
    if (slope == NULL) {
      for (size_t j = 0; j < columns; j++) {
        float derivative;
        float log_variance = bounded(raw[j], low, high, &derivative);
        float difference = mean[j] - t[j];
        total += log_variance + difference * difference * exponential(-log_variance);
      }
    } else {
      float *dmean = slope + 2 * i * columns, *draw = dmean + columns;
      for (size_t j = 0; j < columns; j++) {
        float derivative;
        float log_variance = bounded(raw[j], low, high, &derivative);
        float difference = mean[j] - t[j];
        float scaled = difference * exponential(-log_variance);
        total += log_variance + difference * scaled;
        dmean[j] = share * scaled;
        draw[j] = 0.5f * share * (1.0f - difference * scaled) * derivative;
      }
    }
    // 0.91893853 is ln(2 pi) / 2.
    loss[i] = 0.5f * share * total + 0.91893853f;
  }
}

CLONES void CKernels_bounded_deviation(float *restrict output, const float *restrict raw,
                                       float low, float high, size_t count) {
  for (size_t i = 0; i < count; i++) {
    float derivative;
    output[i] = exponential(0.5f * bounded(raw[i], low, high, &derivative));
  }
}

CLONES void CKernels_selected_error(float *restrict loss, float *restrict slope,
                                    const float *restrict predictions,
                                    const float *restrict target, const float *restrict selection,
                                    size_t samples, size_t rows, size_t columns) {
#pragma clang fp reassociate(on)
  float share = 1.0f / (float)columns;
  for (size_t i = 0; i < samples; i++) {
    // A row out of range has no error: the loss is NaN, and nothing is read.
    int is_row = selection[i] >= 0.0f && selection[i] < (float)rows;
    size_t start = (i * rows + (is_row ? (size_t)selection[i] : 0)) * columns;
    const float *t = target + i * columns;
    float sum = 0.0f;
    for (size_t j = 0; j < columns; j++) {
      float difference = predictions[start + j] - t[j];
      sum += difference * difference;
    }
    loss[i] = is_row ? share * sum : __builtin_nanf("");
    if (slope == NULL) continue;
    for (size_t j = i * rows * columns; j < (i + 1) * rows * columns; j++) slope[j] = 0.0f;
    for (size_t j = 0; j < columns; j++) {
      slope[start + j] = 2.0f * share * (predictions[start + j] - t[j]);
    }
  }
}

CLONES void CKernels_step_variance(float *restrict loss, float *restrict slope,
                                   const float *restrict prediction,
                                   const float *restrict target, const float *restrict factors,
                                   size_t samples, size_t columns) {
#pragma clang fp reassociate(on)
  for (size_t i = 0; i < samples; i++) {
    const float *mean = prediction + 2 * i * columns, *raw = mean + columns;
    const float *t = target + i * columns, *f = factors + 6 * i;
    float share = f[0] / (float)columns, middle = f[1], rise = f[2], rest = f[3], scale = f[4];
    float total = 0.0f;
    for (size_t j = 0; j < columns; j++) {
      float difference = t[j] - mean[j];
      float log_variance = middle + rise * raw[j];
      total += log_variance
             + (rest + scale * difference * difference) * exponential(-log_variance);
    }
    loss[i] = 0.5f * share * total + f[0] * f[5];
    if (slope == NULL) continue;
    float *dmean = slope + 2 * i * columns, *draw = dmean + columns;
    for (size_t j = 0; j < columns; j++) {
      float difference = t[j] - mean[j];
      float spread = (rest + scale * difference * difference)
                   * exponential(-(middle + rise * raw[j]));
      dmean[j] = 0.0f;
      draw[j] = 0.5f * share * rise * (1.0f - spread);
    }
  }
}

CLONES void CKernels_scale_rows(float *restrict output, const float *restrict input,
                                const float *restrict factors, int accumulate, size_t rows,
                                size_t columns) {
  for (size_t i = 0; i < rows; i++) {
    float factor = factors[i];
    float *y = output + i * columns;
    const float *x = input + i * columns;
    if (accumulate) {
      for (size_t j = 0; j < columns; j++) y[j] += factor * x[j];
    } else {
      for (size_t j = 0; j < columns; j++) y[j] = factor * x[j];
    }
  }
}
